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
});
