import { classify } from '../../processor-service/src/core/failure/classify.ts';
import { fold } from '../../processor-service/src/core/fold.ts';
import { interpret } from '../../processor-service/src/core/interpret.ts';
import { emptyPerson } from '../../processor-service/src/core/person.ts';
import type { PersonState } from '../../processor-service/src/core/person.ts';
import { view } from '../../processor-service/src/core/view.ts';
import type { CoreInput, FailureInput } from './core-events.ts';

/** CPU time of one round, in µs for one event (or one text, or one address). */
export type CoreRound = {
  /** `JSON.parse` of the bodies: what the core is held against. */
  readonly parse: number;
  /** Each event through so much of the core, as the partition task does it. */
  readonly interpret: number;
  readonly interpretFold: number;
  readonly interpretFoldView: number;
  /** Keyed hash of an address: passed in to the core, about one for each event. */
  readonly hash: number;
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

type Depth = 'interpret' | 'interpretFold' | 'interpretFoldView';

function runCore(inputs: readonly CoreInput[], depth: Depth): number {
  const people = new Map<string, PersonState>();
  let sum = 0;
  for (const { body, context } of inputs) {
    const fate = interpret({ kind: 'webhook', body }, context);
    if (fate.kind !== 'ok') continue;
    sum += fate.value.event.ts % 7;
    if (depth === 'interpret') continue;
    const before = people.get(context.profileKey) ?? emptyPerson();
    const { person, effect } = fold(before, fate.value.event);
    if (effect === 'duplicate') continue;
    people.set(context.profileKey, person);
    if (depth === 'interpretFoldView') sum += view(person, context.recordedAt).email.score;
  }
  return sum;
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
  addresses: readonly string[],
  hashAddress: (address: string) => string,
): CoreRound {
  const count = inputs.length;
  const core = (depth: Depth): number => timed(count, () => runCore(inputs, depth));
  return {
    parse: timed(count, () => parseAll(inputs)),
    interpret: core('interpret'),
    interpretFold: core('interpretFold'),
    interpretFoldView: core('interpretFoldView'),
    hash: timed(addresses.length, () =>
      addresses.reduce((sum, address) => sum + hashAddress(address).length, 0),
    ),
    classify: timed(TEXTS_A_ROUND, () => classifyAll(failures)),
  };
}
