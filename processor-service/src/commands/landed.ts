#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { OperationError } from '@landed/schemas/fate';
import { maskAddresses } from '@landed/schemas/mask';
import { SettingsError } from '@landed/schemas/settings';
import { commands } from './all.ts';
import { EXIT } from './command.ts';

/** kafkajs reschedules its request queue with a time in the past (tulios/kafkajs#1704): harmless. */
function quietKafkajsWarning(): void {
  process.removeAllListeners('warning');
  process.on('warning', (warning) => {
    if (warning.name === 'TimeoutNegativeWarning') return;
    process.stderr.write(`${warning.name}: ${warning.message}\n`);
  });
}

function createProgram(): Command {
  const program = new Command('landed');
  program
    .description('Operates Landed. Settings come from the environment, as for the services.')
    .exitOverride()
    .showHelpAfterError();
  for (const add of commands) add(program);
  return program;
}

/** What went wrong, in words, and the exit code that says whose fault it was. */
function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.good : EXIT.usage;
  const isUsage =
    error instanceof SettingsError || (error instanceof OperationError && !error.retriable);
  const message = error instanceof Error ? error.message : 'failed for a reason that is not told';
  process.stderr.write(`landed: ${maskAddresses(message)}\n`);
  if (!isUsage && !(error instanceof OperationError) && error instanceof Error) {
    process.stderr.write(`${maskAddresses(error.stack ?? '')}\n`);
  }
  return isUsage ? EXIT.usage : EXIT.bad;
}

quietKafkajsWarning();
try {
  await createProgram().parseAsync();
} catch (error) {
  process.exitCode = explain(error);
}
