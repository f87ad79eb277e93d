import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { startOnLeash } from '../../local/stack/leash.ts';
import { freePorts } from '../../local/stack/ports.ts';
import { StackError } from '../../local/stack/stack-error.ts';
import { waitUntil } from '../../local/stack/wait-until.ts';

/** What an operator fills in. */
export type Filling = {
  readonly dir: string;
  /** Addresses of the two instances, which listen on the same ports. */
  readonly hosts: readonly [string, string];
  readonly port: number;
  readonly opsPort: number;
  readonly certFile: string;
  readonly keyFile: string;
};

export type RunningProxy = {
  readonly port: number;
  /** Everything it logged so far: calls, errors and its own output. */
  readonly logged: () => string;
  readonly accessLog: () => string;
  readonly stop: () => Promise<void>;
};

/** The place of a sample that is changed, word for word, and what is put there. */
type Change = readonly [place: string, filling: string];

type Kind = {
  readonly name: 'nginx' | 'caddy';
  readonly sample: string;
  readonly changes: (filling: Filling, ports: readonly [number, number]) => readonly Change[];
  /** Arguments that check a configuration, and that run it. */
  readonly check: (file: string, dir: string) => readonly string[];
  readonly run: (file: string, dir: string) => readonly string[];
};

export type ProxyProgram = {
  readonly name: Kind['name'];
  readonly isInstalled: boolean;
  readonly sampleText: string;
  /** Exit code and output of the program's own check of a filled-in sample. */
  readonly check: (filling: Filling) => Promise<{ readonly code: number; readonly text: string }>;
  readonly start: (filling: Filling) => Promise<RunningProxy>;
};

const START_DEADLINE_MS = 15_000;
const STOP_GRACE_MS = 8_000;
const CHECK_DEADLINE_MS = 15_000;
const accessLogName = 'access.log';
const outputName = 'output.log';
const errorLogName = 'error.log';

/** Where a program lies. System programs may stand outside the PATH of a plain user. */
function whereIs(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** Puts what an operator would put into the marked places; each must stand there exactly once. */
export function fillIn(sample: string, changes: readonly Change[]): string {
  let text = sample;
  for (const [place, filling] of changes) {
    const parts = text.split(place);
    if (parts.length !== 2) throw new Error(`"${place}" stands ${parts.length - 1} times`);
    text = parts.join(filling);
  }
  return text;
}

/** nginx makes its folders for temporary files at start, where it was built to: moved aside. */
function temporaryPaths(program: string, dir: string): string {
  const { stderr } = spawnSync(program, ['-V'], { encoding: 'utf8', timeout: CHECK_DEADLINE_MS });
  const names = [...stderr.matchAll(/--http-(\S+)-temp-path=/g)].map((match) => match[1] ?? '');
  return names.map((name) => `  ${name.replace('-', '_')}_temp_path ${dir}/${name};\n`).join('');
}

const nginx: Kind = {
  name: 'nginx',
  sample: 'nginx.conf',
  changes: ({ dir, hosts, port, certFile, keyFile }, [ownPort]) => [
    ['user www-data;', `user ${userInfo().username};`],
    ['/run/nginx.pid', join(dir, 'nginx.pid')],
    ['/var/log/nginx/landed.error.log', join(dir, errorLogName)],
    ['/var/log/nginx/landed.access.log', join(dir, accessLogName)],
    ['http {\n', `http {\n${temporaryPaths(whereIs('nginx') ?? '', dir)}`],
    ['server 10.0.0.11:8080', `server ${hosts[0]}:${port}`],
    ['server 10.0.0.12:8080', `server ${hosts[1]}:${port}`],
    ['listen 443 ssl;', `listen 127.0.0.1:${ownPort} ssl;`],
    ['/etc/ssl/landed/fullchain.pem', certFile],
    ['/etc/ssl/landed/privkey.pem', keyFile],
  ],
  check: (file, dir) => ['-t', '-p', dir, '-c', file, '-e', join(dir, errorLogName)],
  run: (file, dir) => [
    ...['-p', dir, '-c', file, '-e', join(dir, errorLogName)],
    ...['-g', 'daemon off;'],
  ],
};

const caddy: Kind = {
  name: 'caddy',
  sample: 'Caddyfile',
  changes: ({ dir, hosts, port, opsPort, certFile, keyFile }, [ownPort, adminPort]) => [
    ['admin 127.0.0.1:2019', `admin 127.0.0.1:${adminPort}`],
    ['/var/log/caddy/landed.access.log', join(dir, accessLogName)],
    ['10.0.0.11:8080 10.0.0.12:8080', hosts.map((host) => `${host}:${port}`).join(' ')],
    ['health_port 9101', `health_port ${opsPort}`],
    ['\n:443 {', `\n:${ownPort} {\n\tbind 127.0.0.1`],
    ['/etc/ssl/landed/fullchain.pem', certFile],
    ['/etc/ssl/landed/privkey.pem', keyFile],
  ],
  check: (file) => ['validate', '--config', file, '--adapter', 'caddyfile'],
  run: (file) => ['run', '--config', file, '--adapter', 'caddyfile'],
};

const isListening = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const tell = (isThere: boolean) => (): void => {
      socket.destroy();
      resolve(isThere);
    };
    socket.once('connect', tell(true)).once('error', tell(false));
  });

function createProgram(kind: Kind): ProxyProgram {
  const { name, sample } = kind;
  const path = whereIs(name);
  const sampleText = readFileSync(new URL(`../../proxy/${sample}`, import.meta.url), 'utf8');
  const program = (): string => {
    if (path === undefined) throw new Error(`${name} is not installed`);
    return path;
  };
  const prepare = async (filling: Filling) => {
    const [port = 0, adminPort = 0] = await freePorts(2);
    const { dir } = filling;
    mkdirSync(dir, { recursive: true });
    const file = join(dir, sample);
    writeFileSync(file, fillIn(sampleText, kind.changes(filling, [port, adminPort])));
    // Caddy keeps things in the home folder; these are for this run only.
    const homes = { HOME: dir, XDG_CONFIG_HOME: dir, XDG_DATA_HOME: dir };
    return { port, file, env: { PATH: process.env['PATH'], ...homes } };
  };
  return {
    name,
    isInstalled: path !== undefined,
    sampleText,
    check: async (filling) => {
      const { file, env } = await prepare(filling);
      const options = { env, encoding: 'utf8', timeout: CHECK_DEADLINE_MS } as const;
      const checked = spawnSync(program(), kind.check(file, filling.dir), options);
      return { code: checked.status ?? -1, text: checked.stdout + checked.stderr };
    },
    start: async (filling) => {
      const { port, file, env } = await prepare(filling);
      const { dir } = filling;
      const logFile = join(dir, outputName);
      const child = await startOnLeash({
        name,
        command: program(),
        args: kind.run(file, dir),
        logFile,
        cwd: dir,
        env,
      });
      const read = (log: string): string =>
        existsSync(join(dir, log)) ? readFileSync(join(dir, log), 'utf8') : '';
      const logged = (): string => [accessLogName, errorLogName, outputName].map(read).join('\n');
      await waitUntil({
        what: name,
        isDone: () => isListening(port),
        deadlineMs: START_DEADLINE_MS,
        failed: child.exited.then(() => new StackError(`${name} ended: ${logged()}`)),
      });
      return {
        port,
        logged,
        accessLog: () => read(accessLogName),
        stop: async () => {
          await child.stop(STOP_GRACE_MS);
        },
      };
    },
  };
}

export const proxyPrograms: readonly ProxyProgram[] = [createProgram(nginx), createProgram(caddy)];
