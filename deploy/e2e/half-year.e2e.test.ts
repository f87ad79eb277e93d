import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ScoreChange } from '@landed/schemas/events.gen';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeStory } from './half-year.ts';
import type { Happening, Story } from './half-year.ts';
import { openServers } from './servers.ts';
import { recordsUntil } from './subscriber.ts';
import { startSystem } from './system.ts';

const DAY_MS = 86_400_000;
const STORY_DAYS = 185;
const NAME = `half${process.pid}`;
const FULL = '452 4.2.2 the mailbox is over quota';
const NOBODY = '550 5.1.1 no such user here';

const mail = (day: number, metric: string, more: Partial<Happening> = {}): Happening => ({
  day,
  hour: 12,
  id: `${metric}-${day}`,
  metric,
  mail: `m${day}`,
  ...more,
});

/** Half a year of one person. */
const HAPPENINGS: readonly Happening[] = [
  mail(0, 'sent'),
  mail(0, 'delivered', { hour: 12.1 }),
  mail(0, 'clicked', { hour: 13 }),
  { day: 1, hour: 9, id: 'sms-on', command: { command: 'consent', consent: 'on', channel: 'sms' } },
  // The mailbox fills up: five mails come back within nine days.
  mail(5, 'bounced', { failure: FULL }),
  mail(7, 'bounced', { failure: FULL }),
  mail(9, 'bounced', { failure: FULL }),
  mail(12, 'bounced', { failure: FULL }),
  mail(14, 'bounced', { failure: FULL }),
  // Told again, and one that should not have gone out.
  mail(14, 'bounced', { failure: FULL, hour: 12 }),
  mail(20, 'bounced', { failure: FULL }),
  // A month later mail comes through again.
  mail(46, 'delivered'),
  mail(53, 'delivered'),
  mail(60, 'delivered'),
  mail(67, 'delivered'),
  mail(95, 'delivered'),
  mail(95, 'clicked', { hour: 20 }),
  // The address dies, somebody reinstates it by hand, and it lives.
  mail(120, 'bounced', { failure: NOBODY }),
  { day: 130, hour: 10, id: 'reinstate', command: { command: 'reinstate' } },
  mail(133, 'delivered'),
  // A spam complaint: no marketing anywhere.
  mail(184, 'delivered', { hour: 1 }),
  mail(184, 'spammed', { hour: 2 }),
];

/** What follows, in the words of the published summaries; each line worked out by hand. */
function expected(startAt: number): readonly string[] {
  const coolOffEnds = new Date(startAt + 44 * DAY_MS).toISOString().slice(0, 10);
  return [
    '0 13.0 clicked-0: engaged 30d false -> true; email score 95 -> 96: clicked',
    '1 9.0 sms-on: sms consent unknown -> on; fallback channel none -> sms: consent',
    '5 12.0 bounced-5: email score 96 -> 82: bounced',
    '6 12.0 timer: resend eligible false -> true; email score 82 -> 83: time passed',
    '7 12.0 bounced-7: email band healthy -> watch: soft bounce (quota); recommended cadence normal -> weekly; resend eligible true -> false',
    '9 12.0 bounced-9: email score 73 -> 65: bounced',
    '12 12.0 bounced-12: email band watch -> at_risk: soft bounce (quota); recommended cadence weekly -> biweekly; email score 65 -> 59',
    '13 0.0 timer: email band at_risk -> watch: time passed; recommended cadence biweekly -> weekly; email score 59 -> 60',
    `14 12.0 bounced-14: email band watch -> suppressed: repeated soft bounces (quota); preferred channel email -> sms; email suppressed until none -> ${coolOffEnds}`,
    '30 13.0 timer: engaged 30d true -> false; email score 55 -> 57: time passed',
    `44 0.0 timer: email band suppressed -> watch: time passed; preferred channel sms -> email; email suppressed until ${coolOffEnds} -> none`,
    '53 12.0 delivered-53: email score 64 -> 74: delivered',
    '60 13.0 timer: recommended cadence weekly -> biweekly; cold 60d false -> true; email score 74 -> 78: time passed',
    '67 12.0 delivered-67: email band watch -> healthy: delivered; email score 78 -> 81',
    '90 13.0 timer: recommended cadence biweekly -> monthly; cold 90d false -> true; email score 81 -> 85: time passed',
    '95 20.0 clicked-95: recommended cadence monthly -> normal; engaged 30d false -> true; cold 60d true -> false: clicked',
    '120 12.0 bounced-120: email band healthy -> suppressed: hard bounce (no_mailbox); preferred channel email -> sms; recommended cadence normal -> none',
    '125 20.0 timer: engaged 30d true -> false: time passed',
    '130 10.0 reinstate: email band suppressed -> watch: reinstate; sms band healthy -> watch: reinstated, not yet proven; whatsapp band healthy -> watch: reinstated, not yet proven',
    '133 12.0 delivered-133: email band watch -> healthy: delivered; recommended cadence weekly -> normal; email score 60 -> 97',
    '184 2.0 spammed-184: email band healthy -> suppressed: spam complaint; complaint count 0 -> 1; preferred channel email -> none',
  ];
}

let dir: string;
const closing: (() => Promise<void>)[] = [];
let story: Story;
let env: Readonly<Record<string, string>>;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'landed-half-year-'));
  const servers = await openServers(dir);
  closing.unshift(servers.stop);
  const today = Math.floor(Date.now() / DAY_MS);
  const startAt = (today - STORY_DAYS) * DAY_MS;
  story = { workspace: 'acme', cioId: 'half-year', startAt, happenings: HAPPENINGS };
  const system = await startSystem({
    dir: join(dir, 'system'),
    servers,
    prefix: `${NAME}.`,
    database: NAME,
    beforeServices: (made) => writeStory(made, story),
  });
  closing.unshift(system.stop);
  ({ env } = system);
});
afterAll(async () => {
  for (const close of closing) await close();
  rmSync(dir, { recursive: true, force: true });
});

/** `day hour cause: what changed`, days and hours since the story began. */
function lineOf({ changed_at, cause, summary }: ScoreChange): string {
  const since = changed_at - story.startAt;
  const day = Math.floor(since / DAY_MS);
  const hour = ((since % DAY_MS) / 3_600_000).toFixed(1);
  return `${day} ${hour} ${cause.event_id ?? cause.kind}: ${summary}`;
}

test('half a year of one person gives the expected sequence of score changes', async () => {
  const last = HAPPENINGS.at(-1)!.id;
  const isLast = ({ cause }: ScoreChange): boolean => cause.event_id === last;
  const read = await recordsUntil<ScoreChange>(env, 'scoreChanges', isLast, 60_000);
  expect(read.map(lineOf)).toEqual(expected(story.startAt));
  expect(read.map(({ version }) => version)).toEqual(read.map((_, n) => n + 1));
});
