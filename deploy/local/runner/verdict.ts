import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Vitals } from './vitals.ts';

export type AuditRun = { readonly code: number; readonly text: string };

const auditDeadlineMs = 300_000;

/** Runs `landed audit` on the ledger. Its exit code is 0 only when all balances. */
export const runAudit = (options: {
  readonly root: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly ledger: string;
}): Promise<AuditRun> => {
  const { root, environment, ledger } = options;
  const file = join(root, 'processor-service/src/commands/landed.ts');
  const args = ['--disable-warning=TimeoutNegativeWarning', file, 'audit', '--ledger', ledger];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: root,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: auditDeadlineMs,
      detached: true,
    });
    let text = '';
    const take = (chunk: Buffer): void => {
      text += chunk.toString();
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 1, text: text.trimEnd() }));
  });
};

const lookEveryMs = 300;
/** Rows that did not grow for so long, with nothing waiting, have all come. */
const stillMs = 1500;

/**
 * Waits until nothing is under way any more: no raw record waits, and the rows stopped growing.
 * Resolves at the deadline too; the audit then says what is missing.
 */
export const waitForStillness = async (options: {
  readonly look: () => Promise<Pick<Vitals, 'rows' | 'rawLag' | 'warehouseLag'>>;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}): Promise<void> => {
  const { look, deadlineMs, signal } = options;
  const endsAt = performance.now() + deadlineMs;
  let rows = -1;
  let since = performance.now();
  while (performance.now() < endsAt) {
    signal.throwIfAborted();
    const seen = await look();
    const waiting = (seen.rawLag ?? 0) + (seen.warehouseLag ?? 0);
    if (seen.rows !== rows || waiting > 0) since = performance.now();
    rows = seen.rows;
    if (performance.now() - since >= stillMs) return;
    await sleep(lookEveryMs, undefined, { signal });
  }
};

const auditsMax = 5;
const betweenAuditsMs = 3000;

/** Audits; when something is missing still, gives it a little more time, then lets the verdict stand. */
export const reachVerdict = async (
  audit: () => Promise<AuditRun>,
  signal: AbortSignal,
): Promise<AuditRun> => {
  let run = await audit();
  for (let count = 1; count < auditsMax && run.code !== 0; count += 1) {
    await sleep(betweenAuditsMs, undefined, { signal });
    run = await audit();
  }
  return run;
};
