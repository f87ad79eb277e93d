import type { Reason } from '@landed/schemas/events.gen';
import { describe, expect, test } from 'vitest';
import type { CoreEvent } from '../../src/core/event.ts';
import { explain } from '../../src/core/explain.ts';
import { weightLeft } from '../../src/core/remedy.ts';
import { view } from '../../src/core/view.ts';
import { at } from './event-at.ts';
import { foldAll } from './fold-all.ts';
import { DAY, HOUR, START } from './histories.ts';

const DAY_ZERO = START / DAY;

const failed = (days: number, cls: string, kind: string, parts: Partial<CoreEvent> = {}) =>
  at(days, 'bounced', { targets: [{ to: 'a', failure: { cls, kind, rule: 'r' } }], ...parts });
const delivered = (days: number, to = 'a', parts: Partial<CoreEvent> = {}) =>
  at(days, 'delivered', { targets: [{ to, failure: null }], ...parts });
const ofPerson = { channel: '', deliveryId: null, targets: [] };
const reinstated = (days: number) =>
  at(days, 'reinstate', { ...ofPerson, order: 'reinstate' as const });
const opted = (days: number, isOn: boolean) =>
  at(days, 'consent', { ...ofPerson, consents: [{ layer: 'profile', isOn }] });
const activity = (days: number) =>
  at(days, 'site_session', { ...ofPerson, order: 'engage' as const });
const clicked = (days: number, delivery: CoreEvent) =>
  at(days, 'clicked', { deliveryId: delivery.deliveryId });

function reasonsOf(events: readonly CoreEvent[], days: number): Reason[] {
  const person = foldAll(events);
  const now = START + days * DAY + 13 * HOUR;
  return explain(person, view(person, now), { kind: 'event' }, now);
}

const full = [0, 2, 4, 6, 7].map((day) => failed(day, 'soft', 'quota'));
const device = { channel: 'push' as const };
const deadDevice = [delivered(0, 'a', device), failed(1, 'hard', 'no_device', device)];
const mails = Array.from({ length: 8 }, (_, n) => delivered(n * 8));
const lastMail = mails.at(-1) ?? delivered(56);

type Story = {
  readonly code: string;
  readonly words: RegExp;
  readonly before: readonly CoreEvent[];
  readonly day: number;
  /** What the sentence names, each enough by itself. */
  readonly acts: readonly CoreEvent[];
};

const stories: readonly Story[] = [
  {
    code: 'hard_bounce',
    words: /another address; else reinstate/,
    before: [failed(0, 'hard', 'no_mailbox')],
    day: 1,
    acts: [delivered(1, 'b'), reinstated(1)],
  },
  {
    code: 'hard_bounce',
    words: /new device; else reinstate/,
    before: deadDevice,
    day: 2,
    acts: [delivered(2, 'b', device), reinstated(2)],
  },
  {
    code: 'complaint',
    words: /reinstate by hand/,
    before: [delivered(0), at(1, 'spammed', { deliveryId: 'x' })],
    day: 2,
    acts: [reinstated(2)],
  },
  {
    code: 'esp_suppressed',
    words: /one delivered message clears it; else reinstate/,
    before: [
      at(0, 'dropped', {
        targets: [{ to: 'a', failure: { cls: 'suppressed', kind: 'esp_list', rule: 'r' } }],
      }),
    ],
    day: 1,
    acts: [delivered(1), reinstated(1)],
  },
  {
    code: 'soft_bounces',
    words: /one delivered message clears it; else ends by itself on 2\d{3}-\d\d-\d\d/,
    before: full,
    day: 8,
    acts: [delivered(8)],
  },
  {
    code: 'consent_off',
    words: /opts in again/,
    before: [opted(0, false)],
    day: 1,
    acts: [opted(1, true)],
  },
  {
    code: 'probation',
    words: /one delivered message/,
    before: [failed(0, 'hard', 'no_mailbox'), reinstated(1)],
    day: 2,
    acts: [delivered(2)],
  },
  {
    code: 'cold',
    words: /click by a person, or activity/,
    before: mails,
    day: 70,
    acts: [clicked(70, lastMail), activity(70)],
  },
];

describe('what would restore a person', () => {
  test.each(stories.map((story) => [story.code, story.words.source, story] as const))(
    '%s: %s',
    (code, _words, { words, before, day, acts }) => {
      const reason = reasonsOf(before, day).find((one) => one.code === code);
      expect(reason?.remedy).toMatch(words);
      expect(acts.length).toBeGreaterThan(0);
      for (const act of acts) {
        const left = reasonsOf([...before, act], day).filter(
          (one) => one.code === code && one.channel === reason?.channel,
        );
        expect(left).toEqual([]);
      }
    },
  );

  test('the date on which a soft suppression ends by itself is that of the sentence', () => {
    const reason = reasonsOf(full, 8).find(({ code }) => code === 'soft_bounces');
    const date = /on (\S+)$/.exec(reason?.remedy ?? '')?.[1] ?? '';
    const ends = Date.parse(date) / DAY - DAY_ZERO;
    expect(reasonsOf(full, ends - 1).map(({ code }) => code)).toContain('soft_bounces');
    expect(reasonsOf(full, ends).map(({ code }) => code)).not.toContain('soft_bounces');
  });

  test('a streak ends with one delivered message, and what is left of it fades by half in 30 days', () => {
    const soft = [failed(0, 'soft', 'quota')];
    const fresh = reasonsOf(soft, 0).find(({ code }) => code === 'soft_failures');
    expect(fresh).toMatchObject({
      weight_left_percent: 100,
      remedy: expect.stringContaining('halves every 30 days') as string,
    });
    const later = reasonsOf(soft, 30).find(({ code }) => code === 'soft_failures');
    expect(later?.weight_left_percent).toBe(50);
    const person = foldAll([...soft, delivered(1)]);
    expect(view(person, START + 2 * DAY).email.soft_streak_days).toBe(0);
  });

  test('what weighs nothing has no weight left, and good news needs no remedy', () => {
    expect(weightLeft(null, DAY_ZERO)).toBeNull();
    expect(weightLeft(START, DAY_ZERO + 400)).toBe(0);
    const good = reasonsOf([delivered(0), activity(0)], 1);
    expect(good.map(({ remedy }) => remedy)).toEqual(good.map(() => null));
  });
});
