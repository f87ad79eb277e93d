import type { MessageOutcome } from '@landed/schemas/events.gen';

/** What the sender said: the same under every version of the rules. */
const VERBATIM: readonly (keyof MessageOutcome)[] = [
  'workspace',
  'event_id',
  'profile_id',
  'metric',
  'object_type',
  'occurred_at',
  'received_at',
  'recorded_at',
  'delivery_id',
  'campaign_id',
  'raw_partition',
  'raw_offset',
];

/** Not a function of the raw record alone: it depends on what was known of the person. */
const OF_THE_FOLD = 'effect';

const isSame = (one: unknown, other: unknown): boolean =>
  one === other || JSON.stringify(one) === JSON.stringify(other);

/**
 * Names of the fields in which an outcome is not what its raw record says.
 *
 * @param expected as interpreted again; null: the record should be a dead letter
 * @returns also whether it was made under other rules, and so only what is verbatim was compared
 */
export function differingFields(
  expected: MessageOutcome | null,
  found: MessageOutcome,
): { readonly fields: readonly string[]; readonly isOtherRules: boolean } {
  if (expected === null) return { fields: ['everything'], isOtherRules: false };
  const isOtherRules = expected.rules_version !== found.rules_version;
  const names = isOtherRules ? VERBATIM : (Object.keys(found) as (keyof MessageOutcome)[]);
  const fields = names.filter(
    (name) => name !== OF_THE_FOLD && !isSame(expected[name], found[name]),
  );
  return { fields, isOtherRules };
}
