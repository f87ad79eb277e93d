import { createPoster } from '../../traffic/post.ts';
import type { Answer } from '../../traffic/post.ts';
import { payloadBody } from '../../traffic/payload.ts';
import { retryWaitMs } from '../../traffic/retry-policy.ts';

export type SenderOrder = {
  readonly port: number;
  readonly key: string;
  /** Attempts a second. */
  readonly rate: number;
  /** Begins every event id of this sender. */
  readonly idPrefix: string;
};

/** One attempt: when it was due (wall clock, ms), how long its answer took from then, and what it was. */
export type Attempt = {
  readonly dueAt: number;
  readonly tookMs: number;
  /** 0: no answer, `word` says why. */
  readonly status: number;
  readonly word: string;
};

export type SenderReport = {
  readonly attempts: readonly Attempt[];
  /** Events begun; their ids are the prefix and a number from 0. */
  readonly events: number;
  /** Numbers of the events that got a 2xx. */
  readonly acknowledged: readonly number[];
  /** Attempts that were not made because too many were open. */
  readonly heldBack: number;
};

export type GoodSender = {
  /** Ends new events, repeats what is left until all are acknowledged or the time is over. */
  readonly finish: (deadlineMs: number) => Promise<SenderReport>;
};

/** Customer.io waits 4 s for an answer. */
const TIMEOUT_MS = 4_000;
/** As many as wait when every answer takes the whole deadline of the service. */
const OPEN_MAX = 1_000;
/** Its pauses are not published; these are short, so that a recovery shows when it happens. */
const RETRY = { retryMs: 250, retryMaxMs: 2_000, longWaitMs: 2_000 };
const PACE_MS = 2;

/** Wall clock with fractions of a millisecond, the same in every process. */
export const wallNow = (): number => performance.timeOrigin + performance.now();

const bodyOf = (eventId: string, number: number): Buffer =>
  payloadBody({
    eventId,
    objectType: 'email',
    metric: 'sent',
    occurredAt: Date.now(),
    data: {
      campaign_id: 31,
      delivery_id: `dg${number}`,
      identifiers: { id: `u-${number % 997}`, cio_id: `a90c07${(number % 997).toString(16)}` },
      recipient: `p${number % 997}@example.org`,
      subject: 'Your cart & basket are waiting',
    },
  });

type Repeat = { readonly number: number; readonly attempt: number; readonly at: number };

/** What became of the events so far, and which are to be tried again. */
function createBook(): {
  readonly next: (isNewAllowed: boolean) => Omit<Repeat, 'at'> | null;
  readonly note: (number: number, attempt: number, answer: Answer) => void;
  readonly events: () => number;
  readonly acknowledged: number[];
} {
  const repeats: Repeat[] = [];
  const acknowledged: number[] = [];
  let events = 0;
  return {
    acknowledged,
    events: () => events,
    next: (isNewAllowed) => {
      const now = wallNow();
      const due = repeats.findIndex(({ at }) => at <= now);
      if (due >= 0) return repeats.splice(due, 1)[0] ?? null;
      if (!isNewAllowed) return null;
      return { number: events++, attempt: 1 };
    },
    note: (number, attempt, answer) => {
      if (answer.status >= 200 && answer.status < 300) acknowledged.push(number);
      else
        repeats.push({
          number,
          attempt: attempt + 1,
          at: wallNow() + retryWaitMs(answer, attempt, RETRY),
        });
    },
  };
}

/**
 * A sender that behaves: signed calls at a steady pace whatever became of those before (open loop),
 * over kept-alive connections. What is due again goes before what is new, so that the pace stays
 * the same through an outage and after it.
 */
export function startGoodSender(order: SenderOrder): GoodSender {
  const { port, key, rate, idPrefix } = order;
  const poster = createPoster({
    url: new URL(`http://127.0.0.1:${port}/v1/webhooks/customerio/reporting`),
    key,
    timeoutMs: TIMEOUT_MS,
    connectionsMax: OPEN_MAX,
    now: Date.now,
  });
  const attempts: Attempt[] = [];
  const book = createBook();
  const startedAt = wallNow();
  let scheduled = 0;
  let open = 0;
  let heldBack = 0;
  let isEnding = false;

  const attempt = async (dueAt: number): Promise<void> => {
    if (open >= OPEN_MAX) {
      heldBack += 1;
      return;
    }
    const turn = book.next(!isEnding);
    if (turn === null) return;
    open += 1;
    const answer = await poster.post(bodyOf(`${idPrefix}${turn.number}`, turn.number));
    open -= 1;
    const { status, word } = answer;
    attempts.push({ dueAt, tookMs: wallNow() - dueAt, status, word });
    book.note(turn.number, turn.attempt, answer);
  };
  const pacing = setInterval(() => {
    while (scheduled < ((wallNow() - startedAt) * rate) / 1000) {
      void attempt(startedAt + (scheduled * 1000) / rate);
      scheduled += 1;
    }
  }, PACE_MS);

  const isDone = (): boolean => open === 0 && book.acknowledged.length === book.events();
  return {
    finish: (deadlineMs) => {
      isEnding = true;
      const endsAt = wallNow() + deadlineMs;
      return new Promise((resolve) => {
        const looking = setInterval(() => {
          if (!isDone() && wallNow() < endsAt) return;
          clearInterval(looking);
          clearInterval(pacing);
          poster.close();
          resolve({
            attempts,
            events: book.events(),
            acknowledged: book.acknowledged,
            heldBack,
          });
        }, 20);
      });
    },
  };
}
