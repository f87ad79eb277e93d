import { spawn } from 'node:child_process';
import { join } from 'node:path';

export type AuditRun = { readonly code: number; readonly text: string };

/** What is under way may take so long to come through; then the audit says what is missing. */
const waitSeconds = 120;
const auditDeadlineMs = 600_000;

/**
 * Runs `landed audit` on the ledger: it waits for what is under way. Its exit code is 0 only when
 * all balances. Ends early, with code 1, when the signal comes.
 */
export const runAudit = (options: {
  readonly root: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly ledger: string;
  readonly signal: AbortSignal;
}): Promise<AuditRun> => {
  const { root, environment, ledger, signal } = options;
  const file = join(root, 'processor-service/src/commands/landed.ts');
  const command = [file, 'audit', '--ledger', ledger, '--wait', String(waitSeconds)];
  const args = ['--disable-warning=TimeoutNegativeWarning', ...command];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: root,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: auditDeadlineMs,
      // Ctrl-C at the terminal is ours to pass on.
      detached: true,
    });
    const stop = (): void => {
      child.kill('SIGTERM');
    };
    signal.addEventListener('abort', stop, { once: true });
    let text = '';
    const take = (chunk: Buffer): void => {
      text += chunk.toString();
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.once('error', reject);
    child.once('close', (code) => {
      signal.removeEventListener('abort', stop);
      resolve({ code: code ?? 1, text: text.trimEnd() });
    });
  });
};
