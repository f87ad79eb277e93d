import { describe, test } from 'vitest';
import { proxyPrograms } from './proxy-program.ts';
import type { ProxyProgram } from './proxy-program.ts';

/** One suite for each program that is installed; one skipped test, with the reason, for each that is not. */
export function forEachProxy(what: string, suite: (program: ProxyProgram) => void): void {
  for (const program of proxyPrograms) {
    const { name, isInstalled } = program;
    if (isInstalled) describe(`${name} ${what}`, () => suite(program));
    else test.skip(`${name} ${what} (skipped: no ${name} on the PATH)`);
  }
}
