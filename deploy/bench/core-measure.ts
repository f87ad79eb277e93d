import { classify } from '../../processor-service/src/core/failure/classify.ts';
import { fold } from '../../processor-service/src/core/fold.ts';
import { interpret } from '../../processor-service/src/core/interpret.ts';
import { emptyPerson } from '../../processor-service/src/core/person.ts';
import type { PersonState } from '../../processor-service/src/core/person.ts';
import { view } from '../../processor-service/src/core/view.ts';
import type { CoreInput, FailureInput } from './core-events.ts';

/** CPU time of one round, in µs for one event (or one text). */
export type CoreRound = {
  /** `JSON.parse` of the bodies: what the core is held against. */
  readonly parse: number;
  readonly interpret: number;
  readonly fold: number;
  readonly view: number;
  /** The three together, each event through all of them, as the partition task does it. */
  readonly whole: number;
  readonly classify: number;
};

function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** CPU time of `work` for one of `count`, µs. What it returns is kept from being optimised away. */
function timed(count: number, work: () => number): number {
  const before = cpuUs();
  const result = work();
  const spent = cpuUs() - before;
  if (Number.isNaN(result)) throw new Error('the work came to nothing');
  return spent / count;
}

function parseAll(inputs: readonly CoreInput[]): number {
  let objects = 0;
  for (const { text } of inputs) if (typeof JSON.parse(text) === 'object') objects += 1;
  return objects;
}

function interpretAll(inputs: readonly CoreInput[]): number {
  let ok = 0;
  for (const { body, context } of inputs) {
    if (interpret({ kind: 'webhook', body }, context).kind === 'ok') ok += 1;
  }
  return ok;
}

function wholeOf(inputs: readonly CoreInput[]): number {
  const people = new Map<string, PersonState>();
  let scores = 0;
  for (const { body, context } of inputs) {
    const fate = interpret({ kind: 'webhook', body }, context);
    if (fate.kind !== 'ok') continue;
    const before = people.get(context.profileKey) ?? emptyPerson();
    const { person, effect } = fold(before, fate.value.event);
    if (effect === 'duplicate') continue;
    people.set(context.profileKey, person);
    scores += view(person, context.recordedAt).email.score;
  }
  return scores;
}

/** Fold alone and view alone, over events interpreted before. */
function foldThenView(inputs: readonly CoreInput[]): { fold: number; view: number } {
  const events = inputs.flatMap(({ body, context }) => {
    const fate = interpret({ kind: 'webhook', body }, context);
    return fate.kind === 'ok' ? [{ event: fate.value.event, context }] : [];
  });
  const people = new Map<string, PersonState>();
  const seen: { person: PersonState; at: number }[] = [];
  const folding = timed(inputs.length, () => {
    for (const { event, context } of events) {
      const result = fold(people.get(context.profileKey) ?? emptyPerson(), event);
      if (result.effect === 'duplicate') continue;
      people.set(context.profileKey, result.person);
      seen.push({ person: result.person, at: context.recordedAt });
    }
    return seen.length;
  });
  const viewing = timed(inputs.length, () =>
    seen.reduce((sum, { person, at }) => sum + view(person, at).email.score, 0),
  );
  return { fold: folding, view: viewing };
}

const TEXTS_A_ROUND = 50_000;

function classifyAll(failures: readonly FailureInput[]): number {
  let confidence = 0;
  for (let n = 0; n < TEXTS_A_ROUND; n += 1) {
    const failure = failures[n % failures.length];
    if (failure === undefined) return Number.NaN;
    confidence += classify(failure.channel, failure.metric, failure.text).confidence;
  }
  return confidence;
}

/** Measures every part of the core once. */
export function measureRound(
  inputs: readonly CoreInput[],
  failures: readonly FailureInput[],
): CoreRound {
  const count = inputs.length;
  return {
    parse: timed(count, () => parseAll(inputs)),
    whole: timed(count, () => wholeOf(inputs)),
    interpret: timed(count, () => interpretAll(inputs)),
    ...foldThenView(inputs),
    classify: timed(TEXTS_A_ROUND, () => classifyAll(failures)),
  };
}
