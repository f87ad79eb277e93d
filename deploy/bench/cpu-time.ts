import { readFileSync } from 'node:fs';

/** The kernel counts CPU time in hundredths of a second for everybody to read. */
const TICK_US = 10_000;

/** CPU time a process has used, user and system, µs (Linux). */
export function cpuUs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The name of the program may hold anything but stands in brackets.
  const fields = stat.slice(stat.lastIndexOf(') ') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_US;
}
