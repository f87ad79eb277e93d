import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Access } from './access.ts';
import type { Admission, Place } from './admission.ts';
import { aborted, refused, tooLarge, tooSlow, unavailable } from './answers.ts';
import type { Answer, Trouble } from './answers.ts';
import type { Feed } from './feed.ts';
import { createGatekeeper } from './gatekeeper.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';
import { createPatience } from './patience.ts';
import { receive } from './receive.ts';
import type { BodyLimits, Received } from './receive.ts';
import type { Call } from './records.ts';
import type { RouteMatch } from './routes.ts';
import { oversized } from './store.ts';
import type { Store } from './store.ts';
import { satisfies } from './temporary-control.ts';
import { judge, readClaim, startDigest } from './verify.ts';
import { writeAnswer } from './write-answer.ts';

export type AppDeps = {
  readonly access: () => Access;
  readonly admission: Admission;
  /** Pressure under which new requests are refused before they are read. */
  readonly pressure: () => Trouble | null;
  /** Null until the service is able to store. */
  readonly store: () => Store | null;
  readonly hashAddress: (address: string) => string;
  readonly isDraining: () => boolean;
  readonly limits: BodyLimits & { readonly deadlineMs: number };
  readonly metrics: Pick<Metrics, 'answered' | 'authentic' | 'offList' | 'untimelyKey'>;
  readonly feed: Feed;
  readonly logger: Logger;
  /** ms, as stored */
  readonly now: () => number;
};

/** Answers one webhook: a POST whose path is a route. Never rejects. */
export type WebhookListener = (
  request: IncomingMessage,
  response: ServerResponse,
  match: RouteMatch,
) => Promise<void>;

/** The answer to a body that was not read to its end. */
function answerUnread(received: Exclude<Received, { kind: 'body' }>): Answer {
  if (received.kind === 'too_large') return tooLarge;
  if (received.kind === 'deadline') return tooSlow;
  return received.kind === 'aborted' ? aborted : { ...unavailable('overloaded'), isFinal: true };
}

/** The route of a webhook: receive, verify, envelope, publish, answer. */
export function createWebhookListener(deps: AppDeps): WebhookListener {
  const { admission, limits, metrics } = deps;
  const gatekeeper = createGatekeeper(deps);
  const patience = createPatience(limits.deadlineMs);

  const handle = async (
    request: IncomingMessage,
    { route, pathSecret }: RouteMatch,
    place: Place,
    startedAt: number,
  ): Promise<Answer> => {
    const receivedAt = deps.now();
    const { allowlist, timestampPolicy } = deps.access();
    const { source, workspace } = route;

    // Our trouble is said first, and cheaply: before anything is read.
    const store = deps.store();
    if (store === null) return unavailable('starting');
    const pressure = deps.pressure();
    if (pressure !== null) return unavailable(pressure);
    const caller = gatekeeper.look(allowlist, request);
    if (caller.isRefused) return refused('not_allowed');

    const claim = readClaim(request.rawHeaders, source.scheme);
    const keys = route.keys.at(receivedAt);
    const digest = startDigest(claim, keys.tried, source.scheme);
    const received = await receive(request, {
      limits,
      patience,
      onChunk: digest.update,
      reserve: place.reserve,
    });
    if (received.kind !== 'body') return answerUnread(received);

    const isKnownSecret = satisfies(route.temporary, request.rawHeaders, pathSecret);
    const proof = gatekeeper.timely(route, keys, digest.matchingKey());
    const verdict = judge(claim, proof, isKnownSecret, timestampPolicy, receivedAt);
    if (verdict.kind === 'refused') return gatekeeper.refuse(route, verdict, receivedAt);
    gatekeeper.admit(route, keys, verdict, caller);
    const { keyId, signedAt, flags } = verdict;

    // Authentic: from here on it is stored, whatever is in it, or it is our trouble.
    const { bytes: body, totalBytes: bodyBytes } = received;
    const call: Call = {
      source: source.name,
      workspace,
      receivedAt,
      signedAt,
      keyId,
      flags,
      body,
      bodyBytes,
      bodySha256: digest.sha256(),
    };
    const envelope =
      bodyBytes > limits.bodyBytesSoftMax
        ? oversized(bodyBytes)
        : source.readEnvelope(body, workspace, deps.hashAddress);
    const answer = await store.keep(call, envelope, startedAt + limits.deadlineMs);
    if (answer.result === 'stored') deps.feed.saw(call, envelope);
    return answer;
  };

  return async (request, response, match) => {
    const startedAt = performance.now();
    const place = admission.enter();
    let answer: Answer;
    try {
      answer = place ? await handle(request, match, place, startedAt) : unavailable('overloaded');
    } catch (error) {
      // Nothing may turn into a 500: the sender would wait an hour.
      gatekeeper.unexpected(error);
      answer = unavailable('unexpected');
    }
    place?.leave();
    writeAnswer(request, response, answer, deps.isDraining());
    metrics.answered(match.route.source.name, answer, (performance.now() - startedAt) / 1000);
  };
}
