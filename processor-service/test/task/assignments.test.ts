import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import type { TaskState } from '../../src/metrics.ts';
import { createAssignments } from '../../src/task/assignments.ts';
import { createGate } from '../../src/task/gate.ts';
import { createFailpoint, parseFailpoint } from '../../src/task/failpoint.ts';

/** Tasks that close when the test says so. */
function rig() {
  const journal: string[] = [];
  const closers = new Map<number, () => void>();
  const states = new Map<number, TaskState>();
  const assignments = createAssignments({
    logger: pino({ level: 'silent' }),
    createTask: (partition) => ({
      start: () => {
        journal.push(`start ${partition}`);
        states.set(partition, 'running');
      },
      close: async () => {
        journal.push(`close ${partition}`);
        await new Promise<void>((resolve) => void closers.set(partition, resolve));
        journal.push(`closed ${partition}`);
        states.set(partition, 'closed');
      },
      state: () => states.get(partition) ?? 'created',
    }),
  });
  const letClose = async (partition: number): Promise<void> => {
    await new Promise((resolve) => void setImmediate(resolve));
    closers.get(partition)?.();
    await new Promise((resolve) => void setImmediate(resolve));
  };
  return { assignments, journal, letClose, states };
}

describe('assignments', () => {
  test('what stays goes on, what goes is closed before what is new is opened', async () => {
    const { assignments, journal, letClose } = rig();
    assignments.assign([0, 1]);
    await assignments.settled();
    assignments.assign([1, 2]);
    await letClose(0);
    await assignments.settled();
    expect(journal).toEqual(['start 0', 'start 1', 'close 0', 'closed 0', 'start 2']);
    expect(assignments.tasks()).toHaveLength(2);
  });

  test('an assignment that comes while another settles replaces it', async () => {
    const { assignments, journal, letClose } = rig();
    assignments.assign([0]);
    await assignments.settled();
    assignments.assign([1]);
    assignments.assign([2]);
    await letClose(0);
    await assignments.settled();
    expect(journal).toEqual(['start 0', 'close 0', 'closed 0', 'start 2']);
  });

  test('a partition that comes back is opened only after its last task has closed', async () => {
    const { assignments, journal, letClose } = rig();
    assignments.assign([0]);
    await assignments.settled();
    assignments.assign([]);
    await new Promise((resolve) => void setImmediate(resolve));
    assignments.assign([0]);
    await letClose(0);
    await assignments.settled();
    expect(journal).toEqual(['start 0', 'close 0', 'closed 0', 'start 0']);
  });

  test('a task that has ended by itself is made anew', async () => {
    const { assignments, journal, letClose, states } = rig();
    assignments.assign([0]);
    await assignments.settled();
    states.set(0, 'closed');
    assignments.assign([0]);
    await letClose(0);
    await assignments.settled();
    expect(journal.filter((note) => note === 'start 0')).toHaveLength(2);
  });
});

test('a gate lets so many in at a time, in order, and survives what fails inside', async () => {
  const gate = createGate(2);
  const journal: string[] = [];
  let inside = 0;
  let most = 0;
  const work = async (name: string): Promise<void> =>
    gate(async () => {
      most = Math.max(most, ++inside);
      journal.push(name);
      await new Promise((resolve) => void setImmediate(resolve));
      inside--;
      if (name === 'b') throw new Error('b');
    });
  const results = await Promise.allSettled(['a', 'b', 'c', 'd', 'e'].map(work));
  expect(journal).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect(most).toBe(2);
  expect(results.map(({ status }) => status)).toContain('rejected');
});

describe('failpoints', () => {
  test.each([
    ['send:3', { step: 'send', count: 3 }],
    ['store:1', { step: 'store', count: 1 }],
    ['', null],
    ['send', null],
    ['sent:3', null],
    ['send:x', null],
  ])('%j', (text, expected) => {
    expect(parseFailpoint(text)).toEqual(expected);
  });

  test('without one, nothing happens', async () => {
    await expect(createFailpoint(null)('commit')).resolves.toBeUndefined();
    await expect(createFailpoint({ step: 'send', count: 9 })('commit')).resolves.toBeUndefined();
  });
});
