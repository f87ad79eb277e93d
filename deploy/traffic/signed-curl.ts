import { randomBytes } from 'node:crypto';
import { eventId } from './event-id.ts';
import { payloadBody } from './payload.ts';
import { createRandom } from './random.ts';
import { signedHeaders } from './sign.ts';

/** A person for hand-made webhooks; the address belongs to nobody. */
const SAMPLE = { id: 'u-4711', email: 'old.box@kaffee.example', cio_id: 'a90c07004711' } as const;

export type SampleOptions = {
  /** When it happened, ms. */
  readonly now: number;
  /** A new one when left out. */
  readonly eventId?: string;
  /** Another person than the sample. */
  readonly person?: { readonly id: string; readonly email: string; readonly cio_id: string };
};

/** Body of a hard bounce: the mailbox does not exist. */
export function hardBounceBody(options: SampleOptions): Buffer {
  const person = options.person ?? SAMPLE;
  const random = createRandom(randomBytes(16).toString('hex'));
  return payloadBody({
    eventId: options.eventId ?? eventId(random, options.now),
    objectType: 'email',
    metric: 'bounced',
    occurredAt: options.now,
    data: {
      campaign_id: 31,
      action_id: 502,
      delivery_id: `dgHandMade${random.text(12, '0123456789abcdef')}`,
      identifiers: { ...person },
      customer_id: person.id,
      recipient: person.email,
      subject: 'Your cart is waiting',
      failure_message: `550 5.1.1 <${person.email}>: no mailbox of that name lives here`,
    },
  });
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

export type CurlOptions = {
  readonly url: string;
  readonly key: string;
  readonly body: Buffer;
  /** When it is signed, ms. */
  readonly now: number;
};

/** A shell command that posts the body with a signature made now. */
export function signedCurl(options: CurlOptions): string {
  const { url, key, body, now } = options;
  const headers = { 'content-type': 'application/json', ...signedHeaders(key, now, body) };
  const lines = Object.entries(headers).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`);
  return ['curl -sS -X POST', quoted(url), ...lines, '--data-binary', quoted(body.toString())].join(
    ' \\\n  ',
  );
}
