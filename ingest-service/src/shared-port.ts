import { readFileSync } from 'node:fs';
import type { Logger } from './log.ts';

const SETTING = 'net.ipv4.tcp_migrate_req';

/** Whether Linux hands connections that wait at a closing port to the other processes on it. */
function isHandedOver(): boolean {
  try {
    return readFileSync(`/proc/sys/${SETTING.replaceAll('.', '/')}`, 'utf8').trim() === '1';
  } catch {
    // Linux before 5.14, or another system: it has no such setting, and does not hand over.
    return false;
  }
}

/**
 * Says when a process that shares its port may reset connections as it stops: those that were made,
 * and not yet accepted, end with it unless the kernel is told to hand them over.
 */
export function checkSharedPort(logger: Logger): void {
  if (isHandedOver()) return;
  logger.warn(
    { setting: SETTING },
    'the port is shared, but connections are not handed over when a process stops: set it to 1',
  );
}
