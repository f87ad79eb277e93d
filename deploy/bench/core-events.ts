import { createAddressHasher } from '@landed/schemas/address-hash';
import { maskAddresses } from '@landed/schemas/mask';
import { readEnvelope } from '../../ingest-service/src/envelope.ts';
import { interpret } from '../../processor-service/src/core/interpret.ts';
import type { InterpretContext } from '../../processor-service/src/core/interpret.ts';
import { planCalls } from '../traffic/plan.ts';

/** One event as the core meets it, and its body as it came. */
export type CoreInput = {
  readonly text: string;
  readonly body: unknown;
  readonly context: InterpretContext;
};

const BASE_AT = 1_793_000_000_000;
/** One call every 20 s: 40,000 calls span nine days, as ladders, days and settling want it. */
const STEP_MS = 20_000;
const WORKSPACE = 'bench';

export type CoreInputs = {
  readonly inputs: readonly CoreInput[];
  /** Every address the events speak of, once. */
  readonly addresses: readonly string[];
  readonly hashAddress: (address: string) => string;
};

/**
 * Events of the traffic generator, in the order they come in: every channel, failures, repetitions,
 * late ones. Without the calls that never become an event. The core asks for hashes of addresses
 * and gets them from a table here: what making one costs is measured apart.
 */
export function coreInputs(count: number, seed: string): CoreInputs {
  const { hash } = createAddressHasher(Buffer.from('hash-key-of-the-core-bench-00001'));
  const hashes = new Map<string, string>();
  const hashAddress = (address: string): string => {
    const known = hashes.get(address);
    if (known !== undefined) return known;
    const made = hash(address);
    hashes.set(address, made);
    return made;
  };
  const calls = planCalls({ seed, run: 1, baseAt: BASE_AT, stepMs: STEP_MS });
  const inputs: CoreInput[] = [];
  while (inputs.length < count) {
    const { value: call } = calls.next();
    if (call.kind === 'rubbish') continue;
    const envelope = readEnvelope(call.body, WORKSPACE, hash);
    if (envelope.kind !== 'event') throw new Error(`no event: ${envelope.reason}`);
    const at = BASE_AT + call.call * STEP_MS;
    const text = call.body.toString();
    inputs.push({
      text,
      body: JSON.parse(text) as unknown,
      context: {
        workspace: WORKSPACE,
        eventId: envelope.eventId,
        profileKey: envelope.key,
        receivedAt: at,
        recordedAt: at,
        hashAddress,
        maskAddresses,
        rawPartition: 0,
        rawOffset: call.call,
      },
    });
  }
  for (const { body, context } of inputs) interpret({ kind: 'webhook', body }, context);
  return { inputs, addresses: [...hashes.keys()], hashAddress: hash };
}

/** A failure as the classifier is asked about it. */
export type FailureInput = {
  readonly channel: string;
  readonly metric: string;
  readonly text: string;
};

const REASONED = new Set(['bounced', 'dropped', 'deferred', 'failed', 'attempted']);

/** The failures among events: their channel, metric and reason, push reasons by device. */
export function failureInputs(inputs: readonly CoreInput[]): FailureInput[] {
  return inputs.flatMap(({ body }): FailureInput[] => {
    const {
      object_type: channel,
      metric,
      data,
    } = body as {
      object_type?: string;
      metric: string;
      data: { failure_message?: string; recipients?: { failure_message?: string }[] };
    };
    if (channel === undefined || !REASONED.has(metric)) return [];
    const devices = (data.recipients ?? []).map((device) => device.failure_message);
    return [data.failure_message, ...devices].flatMap((text) =>
      text === undefined ? [] : [{ channel, metric, text }],
    );
  });
}
