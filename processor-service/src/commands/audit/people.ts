import type { ScoreChange } from '@landed/schemas/events.gen';
import type { ProfileRow } from '../../warehouse/tables/profiles.ts';
import { NOWHERE, instantOf, partOf, textOf } from './context.ts';
import type { AuditDeps } from './context.ts';
import type { DeadLetterIndex } from './dead-letter-index.ts';
import { expectRecords } from './table-records.ts';
import type { TablePart } from './table-records.ts';
import { auditRows } from './table-rows.ts';
import { createVersions } from './versions.ts';

export type PeopleParts = {
  readonly changes: TablePart<ScoreChange>;
  readonly profiles: TablePart<ProfileRow>;
};

/**
 * Score changes and profiles of one partition: versions without gaps, and every profile at a version
 * that was published.
 *
 * @returns the rows there must be
 */
export async function auditPeople(
  deps: AuditDeps,
  partition: number,
  { isParked }: DeadLetterIndex,
): Promise<PeopleParts> {
  const { cut, tally, sources } = deps;
  const reach = cut.scoreChanges[partition] ?? NOWHERE;
  const changes = partOf(deps, sources.scoreChanges, partition, reach, isParked);
  const versions = createVersions(tally, reach.earliest === 0n);
  for await (const page of expectRecords(changes)) {
    tally.extra('scoreChanges', page.length);
    for (const { record } of page) versions.note(record);
  }
  const profilesReach = cut.profiles[partition] ?? NOWHERE;
  const profiles = partOf(deps, sources.profiles, partition, profilesReach, isParked);
  const stands = new Map<string, number>();
  for await (const page of expectRecords(profiles)) {
    for (const { record } of page) {
      if (record.profile === null) stands.delete(record.key);
      else stands.set(record.key, record.profile.version);
    }
  }
  tally.extra('profiles', stands.size);
  for (const [key, version] of stands) versions.confirm(key, version);
  return { changes, profiles };
}

/** The rows of score changes and of profiles. */
export async function auditPeopleRows(
  { clickhouse, tally }: AuditDeps,
  parts: readonly PeopleParts[],
): Promise<void> {
  await auditRows(
    parts.map(({ changes }) => changes),
    {
      clickhouse,
      onRow: () => tally.extra('scoreChangeRows'),
      atOf: (row) => instantOf(row, 'changed_at'),
      rowId: (row) => `${textOf(row, 'profile_id')} version ${textOf(row, 'version')}`,
    },
  );
  await auditRows(
    parts.map(({ profiles }) => profiles),
    {
      clickhouse,
      onRow: () => tally.extra('profileRows'),
      atOf: () => null,
      rowId: (row) => textOf(row, 'profile_id'),
    },
  );
}
