import { createDueQueue } from './due-queue.ts';
import type { DueQueue } from './due-queue.ts';
import { eventId } from './event-id.ts';
import type { CallKind } from './ledger.ts';
import { payloadBody } from './payload.ts';
import { personOf } from './people.ts';
import type { Person } from './people.ts';
import { createRandom } from './random.ts';
import type { Random } from './random.ts';
import { rubbish } from './rubbish.ts';
import { storylineOf } from './storyline.ts';
import type { Pace, Storyline } from './storyline.ts';

export type PlanOptions = {
  readonly seed: string;
  /** Number of the run: another run of the same seed meets the same people with new events. */
  readonly run: number;
  /** Instant of the first call, ms UTC. */
  readonly baseAt: number;
  /** Time between two calls, ms. */
  readonly stepMs: number;
};

/** One call to make: the bytes to post and what they are. */
export type PlannedCall = {
  /** From 0, in the order of sending. */
  readonly call: number;
  readonly kind: CallKind;
  readonly body: Buffer;
  readonly eventId: string | null;
  readonly objectType: string | null;
  readonly metric: string | null;
};

type Waiting = Omit<PlannedCall, 'call'>;

/** Of all calls: the same bytes again, and authentic calls that are no usable event. */
const DUPLICATE_SHARE = 0.02;
const RUBBISH_SHARE = 0.008;
/** Of all events: delayed past the one that follows it in its life. */
const OUT_OF_ORDER_SHARE = 0.06;
/** Of all storylines: reported hours to two days after they happened. */
const LATE_STORYLINE_SHARE = 0.3;
/** People who get messages at a time, and how many storylines it takes for a new one to join. */
const PEOPLE_AT_A_TIME = 300;
const STORYLINES_PER_NEWCOMER = 8;

/** How many calls later the next event of a life is posted. */
const CALLS_LATER: Readonly<Record<Pace, readonly [number, number]>> = {
  together: [1, 2],
  soon: [2, 12],
  while: [10, 80],
  later: [30, 200],
};

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** How much later it happened, in the lives that are told afterwards. */
const MS_LATER: Readonly<Record<Pace, readonly [number, number]>> = {
  together: [0, 400],
  soon: [800, 40_000],
  while: [MINUTE_MS, 90 * MINUTE_MS],
  later: [HOUR_MS / 4, 9 * HOUR_MS],
};

/** Customer.io mints the id of an event within about two seconds after it happened. */
const MINT_MS = [600, 2200] as const;
const LATE_MS_MAX = 40 * HOUR_MS;

type Timed = { readonly at: number; readonly occurredAt: number; readonly mintedAt: number };

/**
 * When each step is posted (`at`, a number of calls) and when it happened. Lives told as they
 * happen have the pace of the calls; those told afterwards have the pace of real life and end some
 * time before the first of them is posted.
 */
function timesOf(random: Random, steps: Storyline, from: number, options: PlanOptions): Timed[] {
  let at = from;
  const posted = steps.map((step, index) => {
    if (index > 0) at += random.integer(...CALLS_LATER[step.pace]);
    return at;
  });
  const lagMs = random.integer(...MINT_MS);
  const isLate = random.chance(LATE_STORYLINE_SHARE);
  const gaps = steps.map((step, index) =>
    index === 0 ? 0 : random.integer(...MS_LATER[step.pace]),
  );
  const startedAt = options.baseAt + from * options.stepMs;
  const span = gaps.reduce((sum, gap) => sum + gap, 0);
  let lived =
    startedAt -
    lagMs -
    span -
    random.integer(MINUTE_MS, LATE_MS_MAX - Math.min(span, LATE_MS_MAX / 2));
  return posted.map((call, index) => {
    lived += gaps[index] ?? 0;
    const occurredAt = isLate ? lived : options.baseAt + call * options.stepMs - lagMs;
    return { at: call, occurredAt, mintedAt: occurredAt + random.integer(MINT_MS[0], lagMs) };
  });
}

/** Puts the events of one storyline into the queue, some of them behind the one that follows. */
function enqueue(
  queue: DueQueue<Waiting>,
  random: Random,
  steps: Storyline,
  from: number,
  options: PlanOptions,
): void {
  const times = timesOf(random, steps, from, options);
  steps.forEach((step, index) => {
    const time = times[index];
    if (time === undefined) return;
    const id = eventId(random, time.mintedAt);
    const { objectType, metric, data, typeField } = step;
    const body = payloadBody({
      eventId: id,
      objectType,
      metric,
      occurredAt: time.occurredAt,
      data,
      ...(typeField === undefined ? {} : { typeField }),
    });
    const next = times[index + 1];
    const isOvertaken = next !== undefined && random.chance(OUT_OF_ORDER_SHARE);
    const due = isOvertaken ? next.at + random.integer(1, 20) : time.at;
    const call: Waiting = { kind: 'event', body, eventId: id, objectType, metric };
    queue.add(due, call);
    if (random.chance(DUPLICATE_SHARE)) {
      const after = random.chance(0.8) ? random.integer(1, 30) : random.integer(100, 600);
      queue.add(due + after, { ...call, kind: 'duplicate' });
    }
  });
}

/** Somebody of the people who get messages now; the newer ones less often. */
function personNow(options: PlanOptions, random: Random, storyline: number): Person {
  const first = Math.floor(storyline / STORYLINES_PER_NEWCOMER);
  const place = Math.floor(PEOPLE_AT_A_TIME * Math.pow(random.unit(), 1.4));
  return personOf(options.seed, first + place);
}

/**
 * The calls of a run, without end. A pure function of its options: the same seed, run, start and
 * pace give the same bytes. Memory holds only what waits for its turn.
 */
export function* planCalls(options: PlanOptions): Generator<PlannedCall, never> {
  const queue = createDueQueue<Waiting>();
  const choices = createRandom(`${options.seed}/${options.run}/plan`);
  let storyline = 0;
  for (let call = 0; ; call += 1) {
    if (choices.chance(RUBBISH_SHARE)) {
      const person = personNow(options, choices, storyline);
      const spoilt = rubbish(choices, person, options.baseAt + call * options.stepMs);
      yield { call, kind: 'rubbish', ...spoilt };
      continue;
    }
    let due = queue.take(call);
    while (due === undefined) {
      const random = createRandom(`${options.seed}/${options.run}/storyline/${storyline}`);
      const person = personNow(options, random, storyline);
      enqueue(queue, random, storylineOf(random, person), call, options);
      storyline += 1;
      due = queue.take(call);
    }
    yield { call, ...due };
  }
}
