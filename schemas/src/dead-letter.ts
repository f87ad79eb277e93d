import { DEAD_LETTER_REASONS } from './fate.ts';
import type { DeadLetterReason } from './fate.ts';

/** Where and why a record became a dead letter. Written as `__dlq.` headers beside the sealed bytes. */
export type DeadLetterFacts = {
  readonly reason: DeadLetterReason;
  /** One sentence for people: names the field and the shape of its value, never the value. */
  readonly detail: string;
  /** `ingest`, `score` or `warehouse`. */
  readonly stage: string;
  readonly workspace: string;
  /** Id of the event when it could be read, else ''. */
  readonly eventId: string;
  /** Instant at which it was found, ms. For a raw record: its append time. */
  readonly at: number;
  /** Where the record came from; absent for a request that ingest refused to envelope. */
  readonly origin?: { readonly topic: string; readonly partition: number; readonly offset: string };
  /** Length and SHA-256 of the original bytes before truncation. */
  readonly originalBytes: number;
  readonly originalSha256: string;
  readonly isTruncated: boolean;
  /** True when the value is sealed, false when it is the raw record's value as it stood. */
  readonly isSealed: boolean;
};

const PREFIX = '__dlq.';

/** Kafka headers of a dead letter, in the style of Kafka Connect's `__connect.errors.`. */
export function deadLetterHeaders(facts: DeadLetterFacts): Record<string, string> {
  const headers: Record<string, string> = {
    reason: facts.reason,
    detail: facts.detail,
    stage: facts.stage,
    workspace: facts.workspace,
    event_id: facts.eventId,
    at: String(facts.at),
    original_bytes: String(facts.originalBytes),
    original_sha256: facts.originalSha256,
    truncated: String(facts.isTruncated),
    sealed: String(facts.isSealed),
  };
  if (facts.origin) {
    headers['topic'] = facts.origin.topic;
    headers['partition'] = String(facts.origin.partition);
    headers['offset'] = facts.origin.offset;
  }
  return Object.fromEntries(Object.entries(headers).map(([name, text]) => [PREFIX + name, text]));
}

type HeaderValues = Readonly<Record<string, Buffer | string | (Buffer | string)[] | undefined>>;

function headerText(headers: HeaderValues, name: string): string {
  const value = headers[PREFIX + name];
  const single = Array.isArray(value) ? value[0] : value;
  return single === undefined ? '' : single.toString();
}

/** Reads the headers back. Anything missing or malformed reads as empty or 0, never throws. */
export function readDeadLetterHeaders(headers: HeaderValues): DeadLetterFacts {
  const reason = headerText(headers, 'reason');
  const known = DEAD_LETTER_REASONS.find((candidate) => candidate === reason);
  const topic = headerText(headers, 'topic');
  const origin = {
    topic,
    partition: Number(headerText(headers, 'partition')) || 0,
    offset: headerText(headers, 'offset') || '0',
  };
  return {
    reason: known ?? 'undecodable',
    detail: headerText(headers, 'detail'),
    stage: headerText(headers, 'stage'),
    workspace: headerText(headers, 'workspace'),
    eventId: headerText(headers, 'event_id'),
    at: Number(headerText(headers, 'at')) || 0,
    ...(topic === '' ? {} : { origin }),
    originalBytes: Number(headerText(headers, 'original_bytes')) || 0,
    originalSha256: headerText(headers, 'original_sha256'),
    isTruncated: headerText(headers, 'truncated') === 'true',
    isSealed: headerText(headers, 'sealed') === 'true',
  };
}
