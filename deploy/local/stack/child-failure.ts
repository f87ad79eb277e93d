import { logTail } from './child-log.ts';
import type { Child } from './leash.ts';
import { StackError } from './stack-error.ts';

/** Resolves, with the end of the child's log, when the child ends before it was ready. */
export const childFailure = async (child: Child, logFile: string): Promise<StackError> => {
  const { code } = await child.exited;
  return new StackError(
    `${child.name} ended with code ${code} while starting. ${logFile} ends with:\n${logTail(logFile)}`,
  );
};
