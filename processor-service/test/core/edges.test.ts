import { describe, expect, test } from 'vitest';
import type { Channel, CoreEvent } from '../../src/core/event.ts';
import { deliveryOf } from '../../src/core/person.ts';
import { view } from '../../src/core/view.ts';
import { at } from './event-at.ts';
import { DAY, HOUR, START } from './histories.ts';
import { foldAll } from './fold-all.ts';

const failed = (days: number, kind: string, channel: Channel = 'email'): CoreEvent =>
  at(days, 'bounced', {
    channel,
    targets: [{ to: 'a', failure: { cls: 'soft', kind, rule: 'r' } }],
  });
const hard = (days: number): CoreEvent =>
  at(days, 'bounced', {
    targets: [{ to: 'a', failure: { cls: 'hard', kind: 'no_mailbox', rule: 'r' } }],
  });
const dropped = (days: number): CoreEvent =>
  at(days, 'dropped', {
    targets: [{ to: 'a', failure: { cls: 'suppressed', kind: 'esp_list', rule: 'r' } }],
  });
const reinstated = (days: number): CoreEvent =>
  at(days, 'reinstate', { order: 'reinstate', channel: '', deliveryId: null, targets: [] });
const consent = (days: number, isOn: boolean): CoreEvent =>
  at(days, 'consent', {
    channel: '',
    deliveryId: null,
    targets: [],
    consents: [{ layer: 'email', isOn }],
  });

function seen(events: CoreEvent[], days: number) {
  return view(foldAll(events), START + days * DAY + 13 * HOUR);
}

describe('edges of the definition', () => {
  test('a consent switched on and off at one instant is off, in either order', () => {
    expect(seen([consent(0, true), consent(0, false)], 0).email.consent).toBe('off');
    expect(seen([consent(0, false), consent(0, true)], 0).email.consent).toBe('off');
  });

  test('of two marks at one instant the greater event id stays, in either order', () => {
    const one = { ...consent(0, true), eventId: 'e-1' };
    const two = { ...one, eventId: 'e-2' };
    expect(foldAll([one, two]).profile).toEqual(foldAll([two, one]).profile);
    expect(JSON.stringify(foldAll([two, one]).profile)).toContain('e-2');
  });

  test('of two failures that flag an address the later one stays, in either order', () => {
    const one = { ...hard(0), eventId: 'e-1' };
    const two = { ...hard(1), eventId: 'e-2' };
    expect(foldAll([one, two]).profile).toEqual(foldAll([two, one]).profile);
  });

  test('a quick click is a scanner’s in mail, and a person’s in a text message', () => {
    const clicked = (channel: Channel) => {
      const sent = at(0, 'delivered', { channel });
      return seen([sent, { ...sent, eventId: 'c', metric: 'clicked', ts: sent.ts + 1000 }], 0);
    };
    expect(clicked('email').last_engaged_at).toBeNull();
    expect(clicked('sms').last_engaged_at).not.toBeNull();
  });

  test('only what comes strictly later clears a flag', () => {
    expect(seen([hard(0), reinstated(0)], 0).email.blocked_by).toBe('hard_bounce');
    expect(seen([hard(0), reinstated(0.001)], 0).email.blocked_by).toBeNull();
    expect(seen([dropped(0), at(0, 'delivered')], 0).email.blocked_by).toBe('esp_suppressed');
    expect(seen([dropped(0), at(0.001, 'delivered')], 0).email.blocked_by).toBeNull();
    const complaint = at(0, 'spammed');
    expect(seen([complaint, reinstated(0)], 0).email.blocked_by).toBe('complaint');
    expect(seen([complaint, reinstated(0.001)], 0).email.blocked_by).toBeNull();
  });

  test('a delivery at the instant of the reinstatement does not end the probation', () => {
    expect(seen([at(0, 'delivered'), reinstated(0)], 0).email.score).toBe(60);
    expect(seen([at(0.001, 'delivered'), reinstated(0)], 0).email.score).toBeGreaterThan(60);
  });

  test('the first way looks 90 days back, the day itself included', () => {
    const sms = (first: number) =>
      seen(
        [failed(first, 'quota', 'sms'), failed(89, 'quota', 'sms'), failed(90, 'quota', 'sms')],
        90,
      ).sms;
    expect(sms(0).suppressed_until).not.toBeNull();
    expect(sms(-1).suppressed_until).toBeNull();
  });

  test('the first way asks for its sum, no more', () => {
    // By the table of weights these four days come to exactly two full ones.
    const days = [failed(0, 'transient', 'sms'), failed(19, 'quota', 'sms')];
    const more = [failed(32, 'quota', 'sms'), failed(44, 'transient', 'sms')];
    expect(seen([...days, ...more], 44).sms.suppressed_until).not.toBeNull();
    expect(seen([...days.slice(1), ...more], 44).sms.suppressed_until).toBeNull();
  });

  test('the second way looks 120 days back, the day itself included', () => {
    const mail = (first: number) =>
      seen(
        [
          failed(first, 'transient'),
          failed(40, 'transient'),
          failed(80, 'transient'),
          failed(120, 'transient'),
        ],
        120,
      ).email;
    expect(mail(0).suppressed_until).not.toBeNull();
    expect(mail(-1).suppressed_until).toBeNull();
  });

  test('a day counts three successes and one failure', () => {
    const mails = (n: number): CoreEvent[] => Array.from({ length: n }, () => at(0, 'delivered'));
    const full = [failed(1, 'quota')];
    expect(seen([...mails(3), ...full], 1).email.score).toBe(
      seen([...mails(9), ...full], 1).email.score,
    );
    expect(seen([...mails(2), ...full], 1).email.score).toBeLessThan(
      seen([...mails(3), ...full], 1).email.score,
    );
    const twice = [...full, failed(1, 'quota')];
    expect(seen(twice, 1).email.score).toBe(seen(full, 1).email.score);
  });

  test('an event exactly 45 days late counts, one a millisecond later does not', () => {
    const newest = at(100, 'delivered');
    const late = (over: number): CoreEvent => ({
      ...hard(55),
      ts: newest.ts - 45 * DAY - over,
      receivedAt: newest.ts,
    });
    const moved = (over: number) => foldAll([newest, late(over)]).profile.channels.email.failures;
    expect(moved(0)).toHaveLength(1);
    expect(moved(1)).toHaveLength(0);
  });

  test('a delivery settles a millisecond after 45 days', () => {
    const mail = at(0, 'delivered');
    const later = (over: number): CoreEvent => ({
      ...at(45, 'opened'),
      receivedAt: mail.ts + 45 * DAY + over,
    });
    const held = (over: number): boolean =>
      deliveryOf(foldAll([mail, later(over)]), mail.deliveryId ?? '') !== null;
    expect(held(0)).toBe(true);
    expect(held(1)).toBe(false);
  });

  test('a leg whose first outcome is exactly 45 days old is not settled yet', () => {
    // What was sent a day before is forgotten by then, the delivery itself is not.
    const sent = { ...at(-1, 'sent'), deliveryId: 'd' };
    const delivered = { ...at(0, 'delivered'), deliveryId: 'd' };
    const later = { ...at(45, 'opened'), receivedAt: delivered.ts + 45 * DAY };
    const late = { ...failed(0, 'quota'), deliveryId: 'd', receivedAt: later.receivedAt };
    const both = foldAll([sent, delivered, later, late]);
    const [row] = both.profile.channels.email.histories[0]!.table;
    expect(row).toMatchObject({ success: 0, full: 1 });
  });

  test('a failure told twice counts on the day of the earlier one, in either order', () => {
    const one = { ...failed(0, 'quota'), deliveryId: 'd' };
    const two = { ...failed(1, 'quota'), deliveryId: 'd', eventId: 'again' };
    for (const events of [
      [one, two],
      [
        { ...two, receivedAt: two.ts },
        { ...one, receivedAt: two.ts },
      ],
    ]) {
      const { table } = foldAll(events).profile.channels.email.histories[0]!;
      expect(table.map(({ day }) => day)).toEqual([Math.floor(one.ts / DAY)]);
    }
  });

  test('of two failures at one instant the greater kind is the latest', () => {
    const one = { ...failed(0, 'quota'), deliveryId: 'd' };
    const two = { ...failed(0, 'transient'), deliveryId: 'd', eventId: 'other' };
    for (const events of [
      [one, two],
      [two, one],
    ]) {
      expect(seen(events, 0).resend_reason).toBe('soft:transient');
      expect(seen(events, 0).email.last_bounce_kind).toBe('transient');
    }
  });

  test('in the app only a click by a person is engagement', () => {
    const click = (isMachine: boolean): CoreEvent =>
      at(0, 'clicked', { channel: 'in_app', targets: [], isMachine });
    expect(seen([click(false)], 0).last_engaged_at).not.toBeNull();
    expect(seen([click(true)], 0).last_engaged_at).toBeNull();
  });

  test('a name keeps its latest instant, also when others came between', () => {
    const named = (days: number, customerId: string): CoreEvent =>
      at(days, 'opened', { identifiers: { customerId, cioId: null, emailHash: null } });
    const { customerIds } = foldAll([named(0, 'a'), named(1, 'b'), named(2, 'a')]).profile;
    expect(customerIds.map(({ name }) => name)).toEqual(['b', 'a']);
  });
});
