import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SettingsError } from '@landed/schemas/settings';
import { CommanderError } from 'commander';
import { createConsoleView } from './runner/console-view.ts';
import { parseOptions, type RunnerOptions } from './runner/options.ts';
import { startLanded } from './runner/runner.ts';
import { createScreen } from './runner/screen.ts';
import { runSession } from './runner/session.ts';
import { watchStopSignals } from './runner/stop-signals.ts';
import { quietKafkaTimers } from './stack/quiet-kafka.ts';
import { StackError } from './stack/stack-error.ts';

/*
 * `npm start`: the whole system on this machine, without Docker. Exit codes: 0 done or stopped,
 * 1 failed or not balanced, 2 options or settings not usable, 128 + signal when a run with --exit
 * was stopped before its verdict.
 */

const root = resolve(fileURLToPath(new URL('../..', import.meta.url)));

const optionsOrExit = (): RunnerOptions => {
  try {
    return parseOptions(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exit(error.exitCode === 0 ? 0 : 2);
  }
};

const run = async (options: RunnerOptions): Promise<number> => {
  const now = (): number => performance.now();
  const stop = watchStopSignals(process, now, (code) => process.exit(code));
  const screen = createScreen(process.stdout);
  const view = createConsoleView(screen, now);
  const dir = resolve(root, process.env['LANDED_DIR'] ?? join(root, '.landed'));
  const { isFresh } = options;
  // Nothing is lost by going at once: whatever has started is on a leash and safe against a kill.
  const leave = (): void => process.exit(stop.exitCode() ?? 1);
  stop.signal.addEventListener('abort', leave);
  const landed = await startLanded({ root, dir, isFresh, env: process.env, onStep: view.onStep });
  stop.signal.removeEventListener('abort', leave);
  try {
    const { signal } = stop;
    const code = await runSession({ root, dir, landed, options, view, now, signal });
    return options.isExit && signal.aborted ? (stop.exitCode() ?? code) : code;
  } finally {
    view.showStopping();
    await landed.stop();
  }
};

quietKafkaTimers();
try {
  process.exitCode = await run(optionsOrExit());
} catch (error) {
  const isPlain = error instanceof StackError || error instanceof SettingsError;
  console.error(isPlain ? error.message : error);
  process.exitCode = error instanceof SettingsError ? 2 : 1;
}
// Whatever still holds the loop open has nothing left to do.
process.exit();
