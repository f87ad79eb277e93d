import { Command, CommanderError } from 'commander';
import { OperationError } from '@landed/schemas/fate';
import { maskAddresses } from '@landed/schemas/mask';
import { SettingsError } from '@landed/schemas/settings';
import type { Environment } from '@landed/schemas/settings';
import { commands } from './all.ts';
import { EXIT } from './command.ts';
import type { ExitCode, Shell } from './command.ts';
import type { Input } from './read-input.ts';

export type Outlets = {
  readonly env: Environment;
  readonly input: () => Input;
  readonly print: (text: string) => void;
  readonly printError: (text: string) => void;
};

function createProgram(shell: Shell, outlets: Outlets): Command {
  const program = new Command('landed');
  program
    .description('Operates Landed. Settings come from the environment, as for the services.')
    .exitOverride()
    .configureOutput({ writeOut: outlets.print, writeErr: outlets.printError })
    .showHelpAfterError();
  for (const add of commands) add(program, shell);
  return program;
}

/** What went wrong, in words, and whose fault it was. */
function explain(error: unknown, printError: Outlets['printError']): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.good : EXIT.usage;
  const isUsage =
    error instanceof SettingsError || (error instanceof OperationError && !error.retriable);
  const message = error instanceof Error ? error.message : 'failed for a reason that is not told';
  printError(`landed: ${maskAddresses(message)}\n`);
  // What nobody foresaw is a defect: whoever reports it needs the place.
  if (!isUsage && !(error instanceof OperationError) && error instanceof Error) {
    printError(`${maskAddresses(error.stack ?? '')}\n`);
  }
  return isUsage ? EXIT.usage : EXIT.bad;
}

/**
 * Runs one command line, without the name of the program.
 *
 * @returns the exit code: 0 done, 1 done with a bad answer or a server away, 2 settings or usage
 */
export async function runLanded(args: readonly string[], outlets: Outlets): Promise<ExitCode> {
  let code: ExitCode = EXIT.good;
  const shell: Shell = {
    env: outlets.env,
    input: outlets.input,
    print: (text) => outlets.print(`${text}\n`),
    end: (given) => {
      code = given;
    },
  };
  try {
    await createProgram(shell, outlets).parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    return explain(error, outlets.printError);
  }
}
