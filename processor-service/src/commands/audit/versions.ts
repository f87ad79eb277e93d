import type { ScoreChange } from '@landed/schemas/events.gen';
import { digest } from './digest.ts';
import type { Tally } from './tally.ts';

/** Watches the versions of every profile of a partition: 1, 2, 3 … without gaps. */
export type Versions = {
  readonly note: (change: ScoreChange) => void;
  /** The profile says it stands at this version: the change must have been published. */
  readonly confirm: (profileId: string, version: number) => void;
};

/**
 * @param isWhole true when the topic still holds its first record: then versions begin with 1
 */
export function createVersions(tally: Tally, isWhole: boolean): Versions {
  const last = new Map<number, number>();
  const where = 'score changes';
  return {
    note: ({ profile_id: profileId, version, changed_at: at }) => {
      const key = digest(profileId);
      const before = last.get(key) ?? (isWhole ? 0 : version - 1);
      last.set(key, Math.max(before, version));
      const id = `${profileId} version ${version}`;
      if (version <= before) {
        tally.find({ kind: 'doubled', where, id, detail: `came after version ${before}` }, at);
      } else if (version > before + 1) {
        const detail = `versions ${before + 1} to ${version - 1} are missing`;
        tally.find({ kind: 'lost', where, id, detail }, at);
      }
    },
    confirm: (profileId, version) => {
      const seen = last.get(digest(profileId));
      if ((seen === undefined && !isWhole) || (seen ?? 0) >= version) return;
      const id = `${profileId} version ${version}`;
      const detail = `the profile stands at it, the last change published is ${seen ?? 0}`;
      tally.find({ kind: 'lost', where, id, detail });
    },
  };
}
