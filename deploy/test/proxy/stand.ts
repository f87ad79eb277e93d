import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { event, signedLines } from '../../../ingest-service/test/raw-http.ts';
import { runService } from '../../../ingest-service/test/running-service.ts';
import type { RunningService } from '../../../ingest-service/test/running-service.ts';
import { selfSigned } from '../../../ingest-service/test/self-signed.ts';
import { freePorts } from '../../local/stack/ports.ts';
import { HOST, call } from './call.ts';
import type { Call, Reply } from './call.ts';
import { deeds, startOddUpstream } from './odd-upstream.ts';
import type { Deed, OddUpstream } from './odd-upstream.ts';
import type { Filling, ProxyProgram, RunningProxy } from './proxy-program.ts';

export type Behind = RunningProxy & {
  readonly call: (options?: Partial<Call>) => Promise<Reply>;
  /** A signed call that holds one event. */
  readonly send: (eventId: string, options?: Partial<Call>) => Promise<Reply>;
};

/** Where an instance stands: each on a loopback address of its own, on the same ports. */
export const FIRST = '127.0.0.11';
export const SECOND = '127.0.0.12';
export type Host = typeof FIRST | typeof SECOND;

/** Starts what a test needs and ends all of it. */
export type Stand = {
  readonly ca: string;
  readonly filling: (hosts?: readonly [Host, Host]) => Filling;
  /** The proxy in front of two instances, or twice the first. */
  readonly proxy: (hosts?: readonly [Host, Host]) => Promise<Behind>;
  /** The real service, able to store unless `isAble` is false. */
  readonly service: (
    host: Host,
    env?: Readonly<Record<string, string>>,
    isAble?: boolean,
  ) => Promise<RunningService>;
  readonly upstream: (host: Host, deed?: Deed) => Promise<OddUpstream>;
  readonly end: () => Promise<void>;
};

/** Signature and timestamp of a body, names and values in turn. */
export const signed = (body: Uint8Array | string, key?: string): string[] =>
  signedLines(body, key)
    .filter((line) => line.startsWith('X-CIO-'))
    .flatMap((line) => line.split(': '));

export async function createStand(program: ProxyProgram): Promise<Stand> {
  const dir = mkdtempSync(join(tmpdir(), `landed-${program.name}-`));
  const { cert, key } = selfSigned(HOST);
  const certFile = join(dir, 'cert.pem');
  const keyFile = join(dir, 'key.pem');
  writeFileSync(certFile, cert);
  writeFileSync(keyFile, key, { mode: 0o600 });
  const [port = 0, opsPort = 0] = await freePorts(2);
  const proxyEnds: (() => Promise<void>)[] = [];
  const ends: (() => Promise<void>)[] = [];
  let proxies = 0;
  const filling = (hosts: readonly [Host, Host] = [FIRST, FIRST]): Filling => {
    proxies += 1;
    return { dir: join(dir, String(proxies)), hosts, port, opsPort, certFile, keyFile };
  };
  return {
    ca: cert,
    filling,
    proxy: async (hosts) => {
      const running = await program.start(filling(hosts));
      proxyEnds.push(running.stop);
      const make = (options: Partial<Call> = {}): Promise<Reply> =>
        call({ port: running.port, ca: cert, ...options });
      return {
        ...running,
        call: make,
        send: (eventId, options = {}) => {
          const body = event(eventId);
          const headers = [...signed(body), ...(options.headers ?? [])];
          return make({ ...options, body, headers });
        },
      };
    },
    service: async (host, env = {}, isAble = true) => {
      const place = { INGEST_HOST: host, INGEST_OPS_HOST: host };
      const ports = { INGEST_PORT: String(port), INGEST_OPS_PORT: String(opsPort) };
      const running = await runService({ ...place, ...ports, ...env });
      let drained: Promise<void> | undefined;
      const drain = (): Promise<void> => (drained ??= running.service.drain());
      ends.push(drain);
      if (isAble) await running.service.becomeAble();
      return { ...running, service: { ...running.service, drain } };
    },
    upstream: async (host, deed = deeds.store) => {
      const upstream = await startOddUpstream({ host, port, opsPort }, deed);
      ends.push(upstream.close);
      return upstream;
    },
    end: async () => {
      // What proxies hold open would make the rest wait.
      await Promise.all(proxyEnds.map((end) => end()));
      await Promise.all(ends.map((end) => end()));
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
