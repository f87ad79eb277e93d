import { describe, expect, test } from 'vitest';
import { personOf } from '../../traffic/people.ts';
import { createRandom } from '../../traffic/random.ts';
import { RUBBISH_KINDS, rubbishOf } from '../../traffic/rubbish.ts';
import type { RubbishKind } from '../../traffic/rubbish.ts';

const NOW = 1_763_001_222_000;
const make = (kind: RubbishKind, seed = '1') =>
  rubbishOf(createRandom(seed), kind, personOf('1', 3), NOW);

/** What a receiver can say about a body; null when it is a sound event. */
function flaw(body: Buffer): string | null {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return 'unreadable';
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'no object';
  const event = value as Record<string, unknown>;
  if (typeof event['event_id'] !== 'string') return 'no event id';
  if (typeof event['object_type'] !== 'string') return 'legacy';
  if (typeof event['metric'] !== 'string') return 'no metric';
  const at = event['timestamp'];
  if (typeof at !== 'number' || at < 0) return 'no timestamp';
  if (at * 1000 > NOW + 3_600_000) return 'future';
  return at * 1000 < NOW - 400 * 86_400_000 ? 'ancient' : null;
}

const FLAWS: Readonly<Record<RubbishKind, string>> = {
  notJson: 'unreadable',
  cutOff: 'unreadable',
  notUtf8: 'unreadable',
  empty: 'unreadable',
  array: 'no object',
  scalar: 'no object',
  noEventId: 'no event id',
  noMetric: 'no metric',
  badTimestamp: 'no timestamp',
  legacy: 'legacy',
  future: 'future',
  ancient: 'ancient',
};

describe('rubbish', () => {
  test.each(RUBBISH_KINDS)('%s has the flaw of its name', (kind) => {
    for (let seed = 0; seed < 30; seed += 1) {
      expect(flaw(make(kind, String(seed)).body)).toBe(FLAWS[kind]);
    }
  });

  test('says which event id stands in the body, null for none', () => {
    expect(make('noEventId').eventId).toBeNull();
    const spoilt = make('noMetric');
    expect(spoilt.body.toString()).toContain(spoilt.eventId);
  });
});
