import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CorpusFile } from './corpus/files.ts';
import { madeCorpus, storedCorpus, storedPaths } from './corpus/files.ts';
import { event, exchange, request } from './raw-http.ts';
import { runService } from './running-service.ts';
import type { RunningService } from './running-service.ts';

/*
 * Files of bytes as they may stand on the wire, each with the answer it must get, against the whole
 * service over a fake Kafka.
 */

const files = storedCorpus();
const AT_ONCE = 16;
let running: RunningService;

beforeAll(async () => {
  running = await runService({ INGEST_DEADLINE_MS: '2000' });
  await running.service.becomeAble();
});
afterAll(async () => {
  await running.service.drain();
});

/** The reason an answer gives, `stored`, or null where it is no webhook's. */
function reasonOf(text: string): string | null {
  const found = /\{"status":"(stored|quarantined|refused)"(?:,"reason":"(\w+)")?\}/.exec(text);
  if (found === null) return null;
  const [, status = '', reason = null] = found;
  return status === 'stored' ? 'stored' : reason;
}

async function answerTo({ bytes }: CorpusFile) {
  const { statuses, text, isReset } = await exchange(running.port, { parts: [bytes], answers: 1 });
  return { status: statuses[0] ?? 0, reason: reasonOf(text), isReset };
}

/** Differences between what came and what must, a few at a time on their way. */
async function differences(list: readonly CorpusFile[]): Promise<string[]> {
  const wrong: string[] = [];
  const waiting = [...list];
  const work = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const { status, reason } = await answerTo(file);
      const { expected } = file;
      const isRight =
        status === expected.status && (expected.reason === null || reason === expected.reason);
      if (!isRight) {
        wrong.push(`${file.path}: ${status} ${reason}, not ${expected.status} ${expected.reason}`);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return wrong.sort();
}

describe('the corpus of bad input', () => {
  test('lies on disk as its grammar makes it', () => {
    expect(files.length).toBeGreaterThanOrEqual(500);
    expect(storedPaths()).toEqual(files.map(({ path }) => path).sort());
    const made = madeCorpus();
    expect(made.map(({ path, expected }) => ({ path, expected }))).toEqual(
      files.map(({ path, expected }) => ({ path, expected })),
    );
    expect(made.filter(({ bytes }, at) => !files[at]!.bytes.equals(bytes))).toEqual([]);
  });

  test.each([...new Set(files.map(({ path }) => path.split('/')[0]!))])(
    'every file of %s gets its answer',
    async (group) => {
      const list = files.filter(({ path }) => path.startsWith(`${group}/`));
      const before = running.kafka.written.length;
      expect(await differences(list)).toEqual([]);
      // Nothing is stored but what was answered so.
      const kept = list.filter(({ expected }) => expected.status === 200);
      expect(running.kafka.written.length - before).toBe(kept.length);
    },
    60_000,
  );

  test('after all of it nothing was unexpected, and the service goes on', async () => {
    expect(await running.scrape()).not.toContain('reason="unexpected"');
    expect(running.log()).not.toContain('"level":"error"');
    const { statuses } = await exchange(running.port, {
      parts: [request(event('01AFTER'))],
      answers: 1,
    });
    expect(statuses).toEqual([200]);
  });
});
