import { createServer, type AddressInfo } from 'node:net';
import { StackError } from './stack-error.ts';

/** A port that something of ours wants to listen on, and the setting that moves it. */
export type PortClaim = {
  readonly port: number;
  readonly what: string;
  readonly setting: string;
};

const listenOnce = (port: number, host: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port, host, exclusive: true }, () => {
      const { port: bound } = server.address() as AddressInfo;
      server.close(() => resolve(bound));
    });
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

/**
 * Asks the system for ports nobody uses. Another process may take one before it is used, which
 * shows as a failed start; the range handed out is wide enough to make that rare.
 */
export const freePorts = async (count: number): Promise<number[]> => {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once('error', reject);
          server.listen({ port: 0, host: '127.0.0.1' }, () =>
            resolve((server.address() as AddressInfo).port),
          );
        }),
    ),
  );
  await Promise.all(
    servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))),
  );
  return ports;
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
