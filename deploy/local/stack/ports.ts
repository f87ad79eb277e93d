import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { StackError } from './stack-error.ts';

/** A port that something of ours wants to listen on, and the setting that moves it. */
export type PortClaim = {
  readonly port: number;
  readonly what: string;
  readonly setting: string;
};

const listenOnce = (port: number, host: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve()));
  });

/** True when nothing listens on the port of this host's loopback interface. */
export const isPortFree = async (port: number, host = '127.0.0.1'): Promise<boolean> => {
  try {
    await listenOnce(port, host);
    return true;
  } catch {
    return false;
  }
};

/** Below the range from which the system takes ports for outgoing connections (Linux: 32768). */
const firstPort = 10_000;
const lastPort = 32_000;
const probesMax = 1000;

/**
 * Finds ports nobody uses, and which the system gives to nobody by itself: they stay free while
 * what listens on them is down for a moment. Another process may still pick the same one, which
 * shows as a failed start.
 */
export const freePorts = async (count: number): Promise<number[]> => {
  const found = new Set<number>();
  for (let probe = 0; probe < probesMax && found.size < count; probe += 1) {
    const port = randomInt(firstPort, lastPort);
    if (!found.has(port) && (await isPortFree(port))) found.add(port);
  }
  if (found.size < count) throw new StackError(`No ${count} free ports were found.`);
  return [...found];
};

/** Checks before anything starts that every port is free. @throws StackError naming all that are not. */
export const checkPorts = async (claims: readonly PortClaim[]): Promise<void> => {
  const isFree = await Promise.all(claims.map(({ port }) => isPortFree(port)));
  const taken = claims.filter((_, index) => isFree[index] === false);
  if (taken.length === 0) return;
  const lines = taken.map(
    ({ port, what, setting }) =>
      `Port ${port} (${what}) is taken. Stop what uses it, or set ${setting} to a free port.`,
  );
  throw new StackError(lines.join('\n'));
};
