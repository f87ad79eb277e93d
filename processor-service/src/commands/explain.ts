import type { Reason, View } from '@landed/schemas/events.gen';
import Table from 'cli-table3';
import { CHANNELS } from '../core/event.ts';
import { explain } from '../core/explain.ts';
import { nextChange } from '../core/timer.ts';
import { view } from '../core/view.ts';
import { parseInstant } from './instant.ts';
import type { AddCommand } from './command.ts';
import { findPeople } from './find-person.ts';
import type { FoundPerson } from './find-person.ts';
import { readAll } from './read-input.ts';

type Explained = {
  readonly profile_id: string;
  /** Version of the score change last published, 0 before the first. */
  readonly version: number;
  readonly as_of: string;
  readonly view: View;
  readonly reasons: readonly Reason[];
  readonly next_change: { readonly at: string; readonly changed: readonly string[] } | null;
};

const iso = (at: number): string => new Date(at).toISOString();
const style = { head: [], border: [] };
const cell = (value: string | number | null): string => (value === null ? '-' : String(value));

function explainPerson({ profileId, known }: FoundPerson, asked: number): Explained {
  const { person, version } = known;
  const at = Math.max(asked, person.profile.latestTs ?? asked);
  const after = view(person, at);
  const next = nextChange(person, at);
  return {
    profile_id: profileId,
    version,
    as_of: iso(at),
    view: after,
    reasons: explain(person, after, { kind: 'event' }, at),
    next_change: next === null ? null : { at: iso(next.at), changed: next.changed },
  };
}

function drawChannels(after: View): string {
  const head = ['channel', 'score', 'band', 'blocked by', 'until', 'consent', 'every days', '30 d'];
  const table = new Table({ head, style });
  for (const name of CHANNELS) {
    const one = after[name];
    const { score, band, consent, delivered_30d: delivered } = one;
    const state = [cell(one.blocked_by), cell(one.suppressed_until), consent];
    table.push([name, score, band, ...state, cell(one.min_interval_days), delivered]);
  }
  return table.toString();
}

function evidenceOf(reason: Reason): string {
  const failure = [reason.failure_class, reason.failure_kind].filter(Boolean).join(':');
  const rule = reason.rule === null ? '' : `by ${reason.rule}`;
  const since = reason.since === null ? '' : `since ${iso(reason.since).slice(0, 10)}`;
  const left =
    reason.weight_left_percent === null ? '' : `${reason.weight_left_percent} % of it left`;
  const ids = reason.event_ids.length === 0 ? '' : reason.event_ids.join(' ');
  return [failure, rule, since, left, ids].filter(Boolean).join('\n');
}

function drawReasons(reasons: readonly Reason[]): string {
  const head = ['why', 'channel', 'points', 'evidence', 'what would take it away'];
  const table = new Table({ head, style, colWidths: [16, 10, 8, 40, 46], wordWrap: true });
  for (const one of reasons) {
    table.push([one.code, cell(one.channel), cell(one.points), evidenceOf(one), cell(one.remedy)]);
  }
  return table.toString();
}

function draw(one: Explained): string {
  const { view: after, next_change: next } = one;
  const lines = [
    `${one.profile_id}  version ${one.version}, as of ${one.as_of}`,
    `prefer ${cell(after.preferred_channel)}, else ${cell(after.fallback_channel)}; mail cadence ${cell(after.recommended_cadence)}`,
    drawChannels(after),
    one.reasons.length === 0
      ? 'nothing speaks for or against this person yet'
      : drawReasons(one.reasons),
    next === null
      ? 'time alone changes nothing any more'
      : `next change by time alone: ${next.at}, ${next.changed.join(', ')}`,
  ];
  return lines.join('\n');
}

/** `landed explain`: may this person be mailed, and why not? */
export const addExplain: AddCommand = (program, { env, print, input }) => {
  program
    .command('explain <ref>')
    .description('what is published of a person, why, and what would restore them')
    .option(
      '--at <instant>',
      'as it stands at that instant, if nothing happens until then',
      parseInstant,
    )
    .option('--json', 'everything as a JSON array', false)
    .addHelpText(
      'after',
      `
A reference is a profile key (acme/id:42, read fastest), cio:…, id:…, a customer id or an address.
With - it is read from standard input, so that an address stays out of the history of the shell.`,
    )
    .action(async (ref: string, { at, json }: { readonly at?: number; readonly json: boolean }) => {
      const wanted = ref === '-' ? (await readAll(input())).trim() : ref;
      const people = await findPeople(env, wanted);
      const explained = people.map((person) => explainPerson(person, at ?? Date.now()));
      print(json ? JSON.stringify(explained, null, 2) : explained.map(draw).join('\n\n'));
    });
};
