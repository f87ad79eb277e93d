import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { createRig, eventually } from './rig.ts';
import type { Rig } from './rig.ts';
import { NOON, outcome, profile, scoreChange } from './records.ts';

const stack = inject('stack');

describe('warehouse role on real servers', () => {
  let rig: Rig;
  let role: Awaited<ReturnType<Rig['startRole']>> | null = null;

  const start = async (env?: Record<string, string>) => {
    role = await rig.startRole(env);
    return role;
  };

  beforeAll(async () => {
    rig = await createRig(stack);
  });
  afterEach(async () => {
    await role?.stop();
    role = null;
  });
  afterAll(async () => {
    await rig.close();
  });

  test('a record of every topic becomes its row, under the names BI looks for', async () => {
    await start();
    await rig.sendOutcome(outcome({ event_id: 'e1', metric: 'delivered', occurred_at: NOON }));
    await rig.sendOutcome(
      outcome({
        event_id: 'e2',
        metric: 'bounced',
        kind: 'bounced',
        failure_class: 'hard',
        occurred_at: NOON + 60_000,
      }),
    );
    await rig.sendChange(scoreChange());
    await rig.sendProfile(profile());
    await rig.sendDeadLetter('acme/cio:a1', {
      reason: 'undecodable',
      detail: 'broken',
      stage: 'score',
      workspace: 'acme',
      eventId: '',
      at: NOON,
      origin: { topic: rig.topics.raw, partition: 1, offset: '5' },
      originalBytes: 10,
      originalSha256: 'ab',
      isTruncated: false,
      isSealed: true,
    });
    await eventually(async () => {
      expect(
        await rig.query(
          `SELECT event_type, toUnixTimestamp64Milli(timestamp), message_id, workflow_id, subject FROM message_outcomes ORDER BY event_id`,
        ),
      ).toEqual([
        ['delivered', String(NOON), 'delivery-1', '12', 'Hello "you" \\ and\nmore'],
        ['bounced', String(NOON + 60_000), 'delivery-1', '12', 'Hello "you" \\ and\nmore'],
      ]);
      expect(
        await rig.query(
          'SELECT profile_id, customer_id, outcome, failure_class, delivered_at IS NOT NULL, sent_at FROM deliveries',
        ),
      ).toEqual([['acme/cio:a1', 'customer-1', 'bounced', 'hard', 1, null]]);
      expect(
        await rig.query('SELECT version, email_band_before, email_band_after FROM score_changes'),
      ).toEqual([['1', 'healthy', 'suppressed']]);
      expect(
        await rig.query('SELECT email_score, email_band, email_min_interval_days FROM profiles'),
      ).toEqual([[0, 'suppressed', null]]);
      expect(
        await rig.query('SELECT stage, reason, source_partition, source_offset FROM dead_letters'),
      ).toEqual([['score', 'undecodable', 1, '5']]);
      expect(
        await rig.query(
          'SELECT toString(day), sum(delivered), sum(bounced_hard) FROM daily GROUP BY day',
        ),
      ).toEqual([[new Date(NOON).toISOString().slice(0, 10), '1', '1']]);
    });
    expect(role?.isReady()).toBe(true);
    expect(role?.crashes).toEqual([]);
  });

  test('a message is one row, the same in whatever order and however often its events came', async () => {
    const life = [
      { metric: 'sent', after: 0 },
      { metric: 'delivered', after: 5 },
      { metric: 'opened', after: 6, is_machine: true },
      { metric: 'opened', after: 60 },
      { metric: 'clicked', after: 70, is_machine: true },
      { metric: 'bounced', after: 90, failure_class: 'soft', failure_kind: 'quota' },
      { metric: 'bounced', after: 80, failure_class: 'hard', failure_kind: 'no_mailbox' },
    ];
    const send = async (deliveryId: string, order: readonly number[]) => {
      for (const at of order) {
        const { after, ...given } = life[at]!;
        const event = {
          ...given,
          event_id: `${deliveryId}-${at}`,
          profile_id: 'acme/cio:life',
          delivery_id: deliveryId,
          occurred_at: NOON + after * 1_000,
        };
        await rig.sendOutcome(outcome(event));
      }
    };
    await start({ WAREHOUSE_FLUSH_MS: '20' });
    await send('life-1', [0, 1, 2, 3, 4, 5, 6]);
    await send('life-2', [6, 5, 6, 4, 3, 3, 2, 1, 0, 5]);
    await eventually(async () => {
      const rows = await rig.query(
        `SELECT toUnixTimestamp(sent_at), seconds_to_deliver, seconds_to_open, seconds_to_click,
          toUnixTimestamp(first_opened_at) - toUnixTimestamp(sent_at), first_clicked_at IS NULL,
          outcome, failure_class, failure_kind, toUnixTimestamp(last_event_at) - toUnixTimestamp(first_event_at)
        FROM deliveries WHERE delivery_id IN ('life-1', 'life-2')`,
      );
      const row = [NOON / 1_000, 5, 60, null, '6', 0, 'bounced', 'soft', 'quota', '90'];
      expect(rows).toEqual([row, row]);
    });
  });

  test('an erased person is no profile any more, and a late repeat does not bring them back', async () => {
    const key = 'acme/cio:gone';
    const shown = async () => rig.query(`SELECT version FROM profiles WHERE profile_id = '${key}'`);
    await start();
    await rig.sendProfile(profile({ profile_id: key, version: 4 }));
    await eventually(async () => expect(await shown()).toEqual([['4']]));
    await rig.send(rig.topics.profiles, key, null);
    await eventually(async () => expect(await shown()).toEqual([]));
    await role?.stop();
    await rig.admin.deleteGroups([rig.group]);
    const again = await start();
    await eventually(async () => {
      expect(await again.metric('processor_warehouse_rows_total')).toBeGreaterThan(10);
      expect(await again.metric('processor_warehouse_lag_records')).toBe(0);
    });
    expect(await shown()).toEqual([]);
    await rig.sendProfile(profile({ profile_id: key, version: 5 }));
    await eventually(async () => expect(await shown()).toEqual([['5']]));
  });
});
