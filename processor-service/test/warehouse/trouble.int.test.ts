import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { createProxy } from './proxy.ts';
import { createRig, eventually } from './rig.ts';
import type { Rig } from './rig.ts';
import { NOON, outcome, profile, scoreChange } from './records.ts';

const stack = inject('stack');

const many = (rig: Rig, count: number, tag = 'e') =>
  Array.from({ length: count }, (_, at) => {
    const key = `acme/cio:p${at % 40}`;
    const value = outcome({
      event_id: `${tag}-${at}`,
      profile_id: key,
      delivery_id: `d-${at % 100}`,
      occurred_at: NOON + (at % 50) * 86_400_000 * -1,
    });
    return { key, value: rig.encoders.outcome(value) };
  });

describe('the warehouse in trouble', () => {
  let rig: Rig;
  let proxy: Awaited<ReturnType<typeof createProxy>>;
  const roles: Awaited<ReturnType<Rig['startRole']>>[] = [];

  const start = async (env: Record<string, string> = {}) => {
    const role = await rig.startRole({ CLICKHOUSE_URL: proxy.url, ...env });
    roles.push(role);
    return role;
  };
  const stopAll = async () => {
    await Promise.all(roles.splice(0).map(async (role) => role.stop()));
  };
  const counts = async () => ({
    shown: Number(await rig.one('SELECT count() FROM message_outcomes')),
    ids: Number(await rig.one('SELECT uniqExact(event_id) FROM message_outcomes')),
  });
  const rewind = async () => rig.admin.deleteGroups([rig.group]);

  beforeEach(async () => {
    rig = await createRig(stack);
    proxy = await createProxy(stack.clickhouseUrl);
  });
  afterEach(async () => {
    await stopAll();
    await proxy.close();
    await rig.close();
  });

  test('repeated and differently cut batches show once', async () => {
    await rig.sendMany(rig.topics.outcomes, many(rig, 1_500));
    await rig.sendChange(scoreChange());
    await rig.sendProfile(profile({ version: 1 }));
    await rig.sendProfile(profile({ version: 2 }));
    let shown: unknown;
    let written = 0;
    for (const rows of ['97', '1000', '20000']) {
      const role = await start({ WAREHOUSE_FLUSH_ROWS: rows });
      await eventually(async () => {
        expect(await rig.committed(rig.topics.outcomes)).toBe(1_500);
        expect(await rig.committed(rig.topics.profiles)).toBe(2);
        expect(await rig.committed(rig.topics.scoreChanges)).toBe(1);
      });
      await stopAll();
      written += await role.metric('processor_warehouse_rows_total');
      expect(await counts()).toMatchObject({ shown: 1_500, ids: 1_500 });
      const now = await rig.query(
        `SELECT (SELECT count() FROM deliveries), (SELECT sum(delivered) FROM daily),
          (SELECT count() FROM score_changes), (SELECT groupArray(version) FROM profiles)`,
      );
      expect(now).toEqual([['100', expect.anything(), '1', ['2']]]);
      shown ??= now;
      expect(now).toEqual(shown);
      await rewind();
    }
    expect(written).toBeGreaterThanOrEqual(3 * 1_500);
  });

  test('answers that are lost after the insert do not double a row', async () => {
    await start();
    await eventually(() => expect(roles[0]?.isReady()).toBe(true));
    proxy.set('swallow');
    await rig.sendMany(rig.topics.outcomes, many(rig, 200));
    await eventually(() => expect(proxy.swallowed()).toBeGreaterThan(2));
    expect(await rig.committed(rig.topics.outcomes)).toBe(0);
    proxy.set('pass');
    await eventually(async () => expect(await rig.committed(rig.topics.outcomes)).toBe(200));
    expect(await counts()).toMatchObject({ shown: 200, ids: 200 });
  });

  test.each(['refuse', 'silent'] as const)(
    'ClickHouse away (%s): reading stops, nothing grows, then it catches up',
    async (mode) => {
      // No refresh of daily: it is an insert that is to meet the silence.
      const role = await start({ WAREHOUSE_FLUSH_ROWS: '500', WAREHOUSE_DAILY_MS: '600000' });
      await rig.sendMany(rig.topics.outcomes, many(rig, 100, 'before'));
      await eventually(async () => expect(await rig.committed(rig.topics.outcomes)).toBe(100));
      proxy.set(mode);
      await rig.sendMany(rig.topics.outcomes, many(rig, 6_000, 'during'));
      if (mode === 'refuse') {
        await eventually(async () =>
          expect(await role.metric('processor_warehouse_insert_retries_total')).toBeGreaterThan(2),
        );
      }
      await eventually(async () =>
        expect(await role.metric('processor_warehouse_buffered_rows')).toBeGreaterThanOrEqual(500),
      );
      const held = await role.metric('processor_warehouse_buffered_rows');
      await rig.sendMany(rig.topics.outcomes, many(rig, 2_000, 'more'));
      // Long enough for several heartbeats and sessions to be missed, if they were.
      const deadline = performance.now() + 3_000;
      await eventually(async () => {
        expect(await role.metric('processor_warehouse_buffered_rows')).toBe(held);
        expect(performance.now()).toBeGreaterThan(deadline);
      });
      expect(await rig.committed(rig.topics.outcomes)).toBe(100);
      const { members } = await rig.admin
        .describeGroups([rig.group])
        .then(({ groups }) => groups[0]!);
      expect(members).toHaveLength(1);
      proxy.set('pass');
      await eventually(async () => expect(await rig.committed(rig.topics.outcomes)).toBe(8_100));
      expect(await counts()).toMatchObject({ shown: 8_100, ids: 8_100 });
      expect(role.crashes).toEqual([]);
    },
  );

  test('a row that is refused is parked as a dead letter, the rest goes in', async () => {
    const role = await start();
    const bad = outcome({ event_id: 'bad', profile_id: 'acme/cio:p1', rules_version: -1 });
    const records = many(rig, 300);
    records.splice(150, 0, { key: 'acme/cio:p1', value: rig.encoders.outcome(bad) });
    records.splice(20, 0, {
      key: 'acme/cio:p1',
      value: rig.encoders.outcome(outcome({ event_id: '' })),
    });
    records.splice(10, 0, { key: 'acme/cio:p1', value: Buffer.from('zonk') });
    await rig.sendMany(rig.topics.outcomes, records);
    await eventually(async () => {
      expect(
        await rig.query(
          'SELECT stage, reason, source_topic, profile_id, detail FROM dead_letters ORDER BY reason, detail',
        ),
      ).toEqual([
        ['warehouse', 'bad_magic', rig.topics.outcomes, 'acme/cio:p1', expect.anything()],
        [
          'warehouse',
          'row_refused',
          rig.topics.outcomes,
          'acme/cio:p1',
          expect.stringMatching(/row_version|CANNOT|VIOLATED/),
        ],
        [
          'warehouse',
          'row_refused',
          rig.topics.outcomes,
          'acme/cio:p1',
          expect.stringMatching(/row_version|CANNOT|VIOLATED/),
        ],
      ]);
    });
    expect(await counts()).toMatchObject({ shown: 300, ids: 300 });
    await eventually(async () => expect(await rig.committed(rig.topics.outcomes)).toBe(303));
    expect(await role.metric('processor_warehouse_parked_total')).toBe(3);
    expect(role.isReady()).toBe(true);
  });

  test('more refused rows than bad data explains: it stops and says so, nothing is skipped', async () => {
    const role = await start();
    await eventually(() => expect(role.isReady()).toBe(true));
    const records = Array.from({ length: 30 }, (_, at) => ({
      key: 'acme/cio:p1',
      value: rig.encoders.outcome(outcome({ event_id: `bad-${at}`, rules_version: -1 })),
    }));
    await rig.sendMany(rig.topics.outcomes, records);
    await eventually(async () => {
      expect(await role.metric('processor_warehouse_stopped')).toBe(1);
    });
    expect(role.isReady()).toBe(false);
    expect(await rig.committed(rig.topics.outcomes)).toBe(0);
    expect(role.crashes).toEqual([]);
  });

  test('two members share the work and one that leaves hands it over', async () => {
    await start();
    const second = await start();
    await eventually(async () => {
      const { groups } = await rig.admin.describeGroups([rig.group]);
      expect(groups[0]?.members).toHaveLength(2);
      expect(groups[0]?.state).toBe('Stable');
    });
    await rig.sendMany(rig.topics.outcomes, many(rig, 400, 'both'));
    await eventually(async () => expect(await rig.committed(rig.topics.outcomes)).toBe(400));
    roles.splice(roles.indexOf(second), 1);
    await second.stop();
    await rig.sendMany(rig.topics.outcomes, many(rig, 400, 'one'));
    await eventually(async () => expect(await rig.committed(rig.topics.outcomes)).toBe(800));
    expect(await counts()).toMatchObject({ shown: 800, ids: 800 });
  });
});

describe('positions', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await createRig(stack);
  });
  afterAll(async () => {
    await rig.close();
  });

  test('a committed offset that is not in the log stops the role: rows would be missing', async () => {
    await rig.setOffset(rig.group, rig.topics.outcomes, 0, 999);
    const role = await rig.startRole();
    await eventually(async () => expect(await role.metric('processor_warehouse_stopped')).toBe(1));
    expect(role.isReady()).toBe(false);
    await role.stop();
  });
});
