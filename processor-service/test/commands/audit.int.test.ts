import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { audit } from '../../src/commands/audit.ts';
import { drawReport } from '../../src/commands/audit/report.ts';
import type { Report } from '../../src/commands/audit/report.ts';
import { loadConfig } from '../../src/config.ts';
import { createPartitionReader } from '../../src/log/partition-reader.ts';
import { createMetrics } from '../../src/metrics.ts';
import { createScoreRole, scoreGroup } from '../../src/task/score-role.ts';
import { createRig, eventually } from '../warehouse/rig.ts';
import type { Rig } from '../warehouse/rig.ts';
import { NOON, outcome, scoreChange } from '../warehouse/records.ts';

const stack = inject('stack');

type Sent = { readonly eventId: string; readonly sha256: string };

const seconds = (ms: number): number => Math.floor(ms / 1_000);

const body = (eventId: string, metric: string, person: number) => ({
  event_id: eventId,
  object_type: 'email',
  metric,
  timestamp: seconds(NOON) + person,
  data: {
    campaign_id: 7,
    delivery_id: `delivery-${person}`,
    customer_id: `c${person}`,
    identifiers: { id: `c${person}`, cio_id: `p${person}`, email: `p${person}@example.org` },
    recipient: `p${person}@example.org`,
    subject: 'Spring',
    ...(metric === 'bounced' ? { failure_message: '550 5.1.1 no such user' } : {}),
  },
});

describe('audit', () => {
  let rig: Rig;
  let folder: string;
  const sent: Sent[] = [];
  const stops: (() => Promise<void>)[] = [];

  const startScore = async (): Promise<() => Promise<void>> => {
    const metrics = createMetrics();
    const crashes: unknown[] = [];
    const role = createScoreRole({
      env: rig.env,
      config: loadConfig(rig.env),
      logger: pino({ level: process.env['WAREHOUSE_TEST_LOG'] ?? 'silent' }),
      metrics: metrics.registry,
      scoreMetrics: metrics,
      kafka: rig.kafka,
      createReader: () => createPartitionReader({ kafka: rig.kafka }),
      registry: rig.registry,
      onCrash: (error) => crashes.push(error),
    });
    await role.start();
    return async () => {
      await role.stop();
      expect(crashes).toEqual([]);
    };
  };

  const sendEvent = async (eventId: string, metric: string, person: number) => {
    const key = `acme/cio:p${person}`;
    const { sha256, partition, offset } = await rig.sendRaw(
      key,
      body(eventId, metric, person),
      eventId,
    );
    return { eventId, sha256, partition, offset };
  };

  const writeLedger = (calls: readonly Sent[], name = 'run-0001.jsonl') => {
    const lines: object[] = [{ line: 'run', run: 1, workspace: 'acme' }];
    for (const [call, { eventId, sha256 }] of calls.entries()) {
      lines.push({ line: 'sent', call, event_id: eventId, sha256, sent_at: Date.now() });
      lines.push({ line: 'answer', call, attempt: 1, status: 200, word: 'stored', at: Date.now() });
    }
    writeFileSync(join(folder, name), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  };

  const run = async (wait = 0, ledger = folder): Promise<Report> =>
    audit(rig.env, { wait, ledger, json: false });

  const copyRow = async (change: string, eventId: string) =>
    rig.clickhouse.command(
      `INSERT INTO message_outcomes_log SELECT * REPLACE (${change}) FROM (SELECT * FROM message_outcomes_log WHERE event_id = '${eventId}' LIMIT 1)`,
    );

  beforeAll(async () => {
    rig = await createRig(stack);
    folder = mkdtempSync(join(tmpdir(), 'landed-ledger-'));
    const metrics = ['sent', 'delivered', 'opened', 'bounced'];
    for (let person = 0; person < 15; person++) {
      for (const metric of metrics) {
        if (metric === 'bounced' && person % 3 !== 0) continue;
        sent.push(await sendEvent(`e-${metric}-${person}`, metric, person));
      }
    }
    // The same event again, and a record that nobody can read.
    await sendEvent('e-sent-0', 'sent', 0);
    await sendEvent('e-opened-3', 'opened', 3);
    await rig.send(rig.topics.raw, 'acme/cio:p1', Buffer.from('rubbish'));
    writeLedger(sent);
    stops.push(await startScore());
    const warehouse = await rig.startRole();
    stops.push(warehouse.stop);
  });
  afterAll(async () => {
    for (const stop of stops.reverse()) await stop();
    rmSync(folder, { recursive: true, force: true });
    await rig.close();
  });

  test('all balances: every count, and the table says so', async () => {
    const report = await run(40);
    expect(report.findings).toEqual([]);
    expect(report).toMatchObject({
      balanced: true,
      complete: true,
      under_way: { raw: 0, rows: 0 },
      sums: {
        acknowledged: sent.length,
        raw: sent.length + 3,
        duplicates: 2,
        dead: 1,
        outcomes: sent.length,
        rows: sent.length,
        lost: 0,
        doubled: 0,
        different: 0,
      },
      others: { deadLetters: 1, deadLetterRows: 1, profiles: 15, profileRows: 15 },
    });
    expect(report.others.scoreChanges).toBeGreaterThan(4);
    expect(report.others.scoreChangeRows).toBe(report.others.scoreChanges);
    expect(drawReport(report)).toContain('balanced: 0 lost, 0 doubled, 0 different');
  });

  describe('planted faults', () => {
    const repair: (() => Promise<void> | void)[] = [];
    afterEach(async () => {
      for (const mend of repair.splice(0).reverse()) await mend();
      expect((await run(20)).findings).toEqual([]);
    });

    test('a deleted row is lost', async () => {
      await rig.clickhouse.command('CREATE TABLE kept AS message_outcomes_log');
      await rig.clickhouse.command(
        "INSERT INTO kept SELECT * FROM message_outcomes_log WHERE event_id = 'e-sent-4'",
      );
      await rig.clickhouse.command("DELETE FROM message_outcomes_log WHERE event_id = 'e-sent-4'");
      repair.push(async () => {
        await rig.clickhouse.command('INSERT INTO message_outcomes_log SELECT * FROM kept');
        await rig.clickhouse.command('DROP TABLE kept');
      });
      const report = await run();
      expect(report.findings).toMatchObject([
        { kind: 'lost', where: 'message_outcomes', id: 'e-sent-4' },
      ]);
      expect(report.sums).toMatchObject({
        lost: 1,
        doubled: 0,
        different: 0,
        rows: sent.length - 1,
      });
    });

    test('a doubled row, under another key', async () => {
      await copyRow('campaign_id + 1 AS campaign_id', 'e-sent-5');
      repair.push(async () =>
        rig.clickhouse.command(
          "DELETE FROM message_outcomes_log WHERE event_id = 'e-sent-5' AND campaign_id = 8",
        ),
      );
      const { findings, sums } = await run();
      expect(findings).toContainEqual(
        expect.objectContaining({ kind: 'doubled', where: 'message_outcomes', id: 'e-sent-5' }),
      );
      expect(sums.rows).toBe(sent.length + 1);
    });

    test('a row of a partition there is not', async () => {
      await copyRow("'invented' AS event_id, 77 AS kafka_partition", 'e-sent-5');
      repair.push(async () =>
        rig.clickhouse.command("DELETE FROM message_outcomes_log WHERE event_id = 'invented'"),
      );
      expect((await run()).findings).toMatchObject([
        { kind: 'doubled', where: 'message_outcomes' },
      ]);
    });

    test('a changed value, newer by its version, is different and named', async () => {
      await copyRow("row_version + 1 AS row_version, 'other' AS subject", 'e-opened-6');
      repair.push(async () =>
        rig.clickhouse.command(
          "DELETE FROM message_outcomes_log WHERE event_id = 'e-opened-6' AND subject = 'other'",
        ),
      );
      expect((await run()).findings).toMatchObject([
        {
          kind: 'different',
          where: 'message_outcomes',
          id: 'e-opened-6',
          detail: 'not what its record says: subject',
        },
      ]);
    });

    test('a changed and a missing score change row, a changed profile row, a missing dead letter', async () => {
      const { command } = rig.clickhouse;
      await command('CREATE TABLE kept_changes AS score_changes_log');
      await command('INSERT INTO kept_changes SELECT * FROM score_changes_log');
      await command('CREATE TABLE kept_letters AS dead_letters_log');
      await command('INSERT INTO kept_letters SELECT * FROM dead_letters_log');
      await command("DELETE FROM score_changes_log WHERE profile_id = 'acme/cio:p3'");
      await command(
        "INSERT INTO score_changes_log SELECT * REPLACE (row_version + 1 AS row_version, 1 AS email_score_after) FROM (SELECT * FROM score_changes_log WHERE profile_id = 'acme/cio:p6' LIMIT 1)",
      );
      await command(
        "INSERT INTO profiles_log SELECT * REPLACE (50 AS email_score) FROM profiles_log FINAL WHERE profile_id = 'acme/cio:p9'",
      );
      await command('DELETE FROM dead_letters_log WHERE 1');
      repair.push(async () => {
        await command('TRUNCATE TABLE score_changes_log');
        await command('INSERT INTO score_changes_log SELECT * FROM kept_changes');
        await command('INSERT INTO dead_letters_log SELECT * FROM kept_letters');
        await command('DELETE FROM profiles_log WHERE email_score = 50');
        await command('DROP TABLE kept_changes');
        await command('DROP TABLE kept_letters');
      });
      const { findings } = await run();
      expect(findings).toContainEqual(
        expect.objectContaining({
          kind: 'lost',
          where: 'score_changes',
          id: 'acme/cio:p3 version 1',
        }),
      );
      expect(findings).toContainEqual(
        expect.objectContaining({
          kind: 'different',
          where: 'score_changes',
          detail: 'not what its record says: email_score_after',
        }),
      );
      expect(findings).toContainEqual(
        expect.objectContaining({
          kind: 'different',
          where: 'profiles',
          id: 'acme/cio:p9',
          detail: 'not what its record says: email_score',
        }),
      );
      expect(findings).toContainEqual(
        expect.objectContaining({ kind: 'lost', where: 'dead_letters' }),
      );
    });

    test('an acknowledged event that is nowhere, and one that was stored otherwise than sent', async () => {
      const [first] = sent;
      writeLedger(
        [
          { eventId: 'never-stored', sha256: 'a'.repeat(64) },
          { eventId: first!.eventId, sha256: 'b'.repeat(64) },
        ],
        'run-0000.jsonl',
      );
      repair.push(() => rmSync(join(folder, 'run-0000.jsonl')));
      const report = await run();
      expect(report.balanced).toBe(false);
      expect(report.findings).toMatchObject([
        { kind: 'lost', where: 'raw', id: 'never-stored' },
        { kind: 'different', where: 'raw', id: first!.eventId },
      ]);
    });
  });

  // These cannot be mended in the log, so they come last and build on each other.
  describe('faults in the log', () => {
    let found = 0;
    const fresh = async (): Promise<Report['findings']> => {
      const { findings } = await run(3);
      const latest = findings.slice();
      found = latest.length;
      return latest;
    };

    test('a raw record that the score passed without an outcome is a lost event', async () => {
      const stopScore = stops.shift()!;
      await stopScore();
      const { partition, offset } = await sendEvent('never-scored', 'sent', 2);
      await rig.setOffset(scoreGroup(rig.prefix), rig.topics.raw, partition, offset + 1);
      expect(await fresh()).toMatchObject([
        { kind: 'lost', where: 'outcomes', id: 'never-scored' },
      ]);
    });

    test('an outcome twice, an outcome of nothing, an outcome that is not what was sent', async () => {
      const { partition, offset } = await sendEvent('changed-outcome', 'sent', 2);
      const key = 'acme/cio:p2';
      const forged = outcome({
        event_id: 'changed-outcome',
        profile_id: key,
        metric: 'sent',
        raw_partition: partition,
        raw_offset: offset,
      });
      await rig.sendOutcome(forged);
      await rig.sendOutcome(forged);
      await rig.setOffset(scoreGroup(rig.prefix), rig.topics.raw, partition, offset + 1);
      const kinds = (await fresh()).filter(({ id }) => id === 'changed-outcome');
      expect(kinds).toContainEqual(
        expect.objectContaining({
          kind: 'doubled',
          where: 'outcomes',
          detail: '2 outcomes of one raw record',
        }),
      );
      expect(kinds).toContainEqual(
        expect.objectContaining({
          kind: 'different',
          where: 'outcomes',
          detail: expect.stringContaining('occurred_at') as string,
        }),
      );
    });

    test('a version left out of a person', async () => {
      const before = found;
      await rig.sendChange(
        scoreChange({ profile_id: 'acme/cio:p9', version: 9, cio_id: 'p9', customer_id: 'c9' }),
      );
      await eventually(async () => {
        const findings = await fresh();
        expect(findings.length).toBe(before + 1);
        expect(findings).toContainEqual(
          expect.objectContaining({
            kind: 'lost',
            where: 'score changes',
            id: 'acme/cio:p9 version 9',
          }),
        );
      });
    });
  });
});
