import type { Cause, ChannelView, View } from '@landed/schemas/events.gen';
import { describe, expect, test } from 'vitest';
import { compareViews } from '../../src/core/change.ts';
import type { CoreEvent } from '../../src/core/event.ts';
import { explain, summarise } from '../../src/core/explain.ts';
import { emptyPerson } from '../../src/core/person.ts';
import { view } from '../../src/core/view.ts';
import { DAY, HOUR, START } from './histories.ts';
import { foldAll } from './fold-all.ts';

const NOBODY = view(emptyPerson(), START);

function withEmail(change: Partial<ChannelView>): View {
  return { ...NOBODY, email: { ...NOBODY.email, ...change } };
}

function event(n: number, parts: Partial<CoreEvent>): CoreEvent {
  return {
    eventId: `e${n}`,
    ts: START + n * DAY,
    receivedAt: START + n * DAY,
    channel: 'email',
    metric: 'delivered',
    order: null,
    deliveryId: `m${n}`,
    targets: [{ to: 'a', failure: null }],
    isMachine: false,
    consents: [],
    identifiers: null,
    ...parts,
  };
}

const bounce = (n: number, cls: string, kind: string): CoreEvent =>
  event(n, {
    metric: 'bounced',
    targets: [{ to: 'a', failure: { cls, kind, rule: `${kind}.rule` } }],
  });

const cause = (parts: Partial<Cause> = {}): Cause => ({
  kind: 'event',
  event_id: 'e0',
  metric: 'bounced',
  channel: 'email',
  delivery_id: 'm0',
  occurred_at: START,
  raw_partition: 0,
  raw_offset: 0,
  ...parts,
});

describe('what is published', () => {
  test.each<[string, View, boolean]>([
    ['nothing', NOBODY, false],
    ['a step of 4', withEmail({ score: 91 }), false],
    ['a step of 5', withEmail({ score: 90 }), true],
    ['band', withEmail({ band: 'watch' }), true],
    ['durable flag', withEmail({ deliverable: false }), true],
    ['suppression', withEmail({ suppressed_until: '2026-04-01' }), true],
    ['consent', withEmail({ consent: 'off' }), true],
    ['candidate', withEmail({ reinstate_candidate: true }), true],
    ['counts', withEmail({ delivered_1d: 3, delivered_7d: 3, soft_streak_days: 1 }), false],
    ['last bounce', withEmail({ last_bounce_at: START, last_bounce_class: 'soft' }), false],
    ['preferred channel', { ...NOBODY, preferred_channel: 'sms' }, true],
    ['complaint count', { ...NOBODY, complaint_count: 1 }, true],
    ['derived flag', { ...NOBODY, cold_60d: true }, true],
    ['engaged', { ...NOBODY, engaged_30d: true }, true],
    ['a human click', { ...NOBODY, last_human_click_at: START }, true],
    ['engagement alone', { ...NOBODY, last_engaged_at: START, email_engagement_score: 100 }, false],
    ['exposure', { ...NOBODY, delivered_since_engaged: 3 }, false],
  ])('%s', (_name, after, publish) => {
    expect(compareViews(NOBODY, after).publish).toBe(publish);
    expect(compareViews(after, NOBODY).publish).toBe(publish);
  });

  test('the step can be set; a click of the same day is none', () => {
    expect(compareViews(NOBODY, withEmail({ score: 94 }), 1).publish).toBe(true);
    const morning = { ...NOBODY, last_human_click_at: START };
    const evening = { ...NOBODY, last_human_click_at: START + 20 * HOUR };
    expect(compareViews(morning, evening)).toEqual({
      changed: ['last_human_click_at'],
      publish: false,
    });
  });

  test('every field that differs is named', () => {
    const after = { ...withEmail({ score: 1, live_devices: 2 }), graymail: true };
    expect(compareViews(NOBODY, after).changed).toEqual([
      'email.score',
      'email.live_devices',
      'graymail',
    ]);
    for (const [name, value] of Object.entries(NOBODY)) {
      if (typeof value === 'object' && value !== null) continue;
      const other = { ...NOBODY, [name]: 'x' };
      expect(compareViews(NOBODY, other).changed).toEqual([name]);
    }
    for (const field of Object.keys(NOBODY.push)) {
      const other = { ...NOBODY, push: { ...NOBODY.push, [field]: 'x' } } as View;
      expect(compareViews(NOBODY, other).changed).toEqual([`push.${field}`]);
    }
  });
});

describe('why', () => {
  function told(events: CoreEvent[], at: number, by: Partial<Cause> = {}) {
    const person = foldAll(events);
    const after = view(person, at);
    const { changed } = compareViews(NOBODY, after);
    const reasons = explain(person, after, cause(by), at);
    return { reasons, summary: summarise(NOBODY, after, changed, reasons, cause(by)) };
  }

  test('a hard bounce', () => {
    const { reasons, summary } = told([bounce(0, 'hard', 'no_mailbox')], START);
    expect(reasons[0]).toEqual({
      code: 'hard_bounce',
      channel: 'email',
      failure_class: 'hard',
      failure_kind: 'no_mailbox',
      rule: 'no_mailbox.rule',
      points: -95,
      since: START,
      event_ids: ['e0'],
      weight_left_percent: null,
      remedy: 'one message delivered to another address; else reinstate by hand',
    });
    expect(summary).toMatch(/^email band healthy -> suppressed: hard bounce \(no_mailbox\)/);
  });

  test('full mailboxes, with at most five events, the latest first, in any order', () => {
    const events = Array.from({ length: 8 }, (_, n) => bounce(n, 'soft', 'quota'));
    const { reasons, summary } = told(events, START + 7 * DAY);
    const back = told(
      [...events].reverse().map((one) => ({ ...one, receivedAt: START + 7 * DAY })),
      START + 7 * DAY,
    );
    expect(back.reasons).toEqual(reasons);
    expect(reasons.map(({ code }) => code)).toEqual(['soft_bounces', 'soft_failures']);
    expect(reasons[0]?.event_ids).toEqual(['e7', 'e6', 'e5', 'e4', 'e3']);
    expect(reasons[1]?.points).toBeLessThan(-40);
    expect(summary).toMatch(/^email band healthy -> suppressed: repeated soft bounces \(quota\)/);
  });

  test('a complaint, an opt-out, a reinstatement', () => {
    const person = [
      event(0, {}),
      event(1, { metric: 'spammed', deliveryId: 'm0' }),
      event(2, {
        metric: 'consent',
        channel: '',
        deliveryId: null,
        targets: [],
        consents: [{ layer: 'profile', isOn: false }],
      }),
    ];
    const { reasons } = told(person, START + 2 * DAY);
    expect(reasons.map(({ code, event_ids }) => [code, event_ids])).toEqual([
      ['complaint', ['e1']],
      ['consent_off', ['e2']],
      ['success', []],
    ]);
    const order = {
      metric: 'reinstate',
      channel: '',
      deliveryId: null,
      targets: [],
      order: 'reinstate' as const,
    };
    const after = told([...person.slice(0, 2), event(3, order)], START + 3 * DAY);
    const ofMail = after.reasons.filter(({ channel }) => channel === 'email' || channel === null);
    expect(ofMail.map(({ code }) => code)).toEqual(['probation', 'reinstated', 'success']);
    expect(after.reasons[0]?.points).toBeLessThan(0);
  });

  test('time', () => {
    const mails = Array.from({ length: 4 }, (_, n) => event(n * 7, {}));
    const at = START + 60 * DAY;
    const { reasons, summary } = told(mails, at, { kind: 'timer', event_id: null, metric: null });
    expect(reasons.find(({ code }) => code === 'cold')).toMatchObject({
      rule: 'cold_60d',
      since: START,
    });
    expect(reasons.at(-1)?.code).toBe('time');
    expect(summary).toBe(
      'recommended cadence normal -> biweekly; cold 60d false -> true; email score 95 -> 96: time passed',
    );
  });

  test('what a person gets better by is the cause', () => {
    const failed = foldAll([bounce(0, 'soft', 'quota'), bounce(1, 'soft', 'quota')]);
    const before = view(failed, START + DAY);
    const mails = Array.from({ length: 6 }, (_, n) => event(2 + n, {}));
    const person = foldAll(mails, failed);
    const after = view(person, START + 7 * DAY);
    const { changed } = compareViews(before, after);
    const by = cause({ metric: 'delivered' });
    const reasons = explain(person, after, by);
    expect(summarise(before, after, changed, reasons, by)).toMatch(
      /^email band watch -> healthy: delivered/,
    );
  });
});
