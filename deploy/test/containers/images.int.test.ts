import { execFile } from 'node:child_process';
import {
  cpSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { parseEnv, promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { interpolate } from './interpolate.ts';

/*
 * No image is built here. What an image does is done by hand: its COPY lines into an empty folder,
 * its `npm ci`, then its command with `--check-config`, on the Node of this project.
 */

const run = promisify(execFile);
const top = new URL('../../../', import.meta.url).pathname;
const folders: string[] = [];
const example = parseEnv(readFileSync(join(top, '.env.example'), 'utf8'));

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'landed-image-'));
  folders.push(folder);
  return folder;
}

/** Lines of a Dockerfile, continued ones joined. */
const linesOf = (text: string): string[] => text.replace(/\\\n\s*/g, ' ').split('\n');

/** What a COPY line does: files into a folder, or the content of a folder. */
function copyInto(folder: string, line: string): void {
  const [, ...sources] = line.trim().split(/\s+/);
  const target = join(folder, sources.pop() ?? '.');
  for (const source of sources) {
    const from = join(top, source);
    if (statSync(from).isFile()) {
      mkdirSync(target, { recursive: true });
      copyFileSync(from, join(target, basename(source)));
    } else {
      cpSync(from, target, { recursive: true, filter: (path) => !path.includes('node_modules') });
    }
  }
}

describe.each(['ingest', 'processor'])('%s image', (name) => {
  test('its command runs on what its Dockerfile copies and installs', async () => {
    const folder = emptyFolder();
    const lines = linesOf(readFileSync(join(top, `deploy/containers/${name}.Dockerfile`), 'utf8'));
    for (const line of lines) {
      if (line.startsWith('COPY ') && !line.includes('--from')) copyInto(folder, line);
    }
    const install =
      lines
        .find((line) => line.startsWith('RUN npm ci'))
        ?.split(/\s+/)
        .slice(2) ?? [];
    expect(install).toContain('--omit=dev');
    await run('npm', install, { cwd: folder, timeout: 120_000 });
    expect(existsSync(join(folder, 'node_modules/vitest'))).toBe(false);
    expect(existsSync(join(folder, 'node_modules/chdb'))).toBe(false);

    const command = JSON.parse(
      lines.findLast((line) => line.startsWith('CMD '))?.slice(4) ?? '[]',
    ) as string[];
    const env = { ...example, PATH: process.env['PATH'] };
    const checked = await run(process.execPath, [...command.slice(1), '--check-config'], {
      cwd: folder,
      env,
      timeout: 30_000,
    });
    expect(checked.stderr).toBe('');
    const refused = run(process.execPath, [...command.slice(1), '--check-config'], {
      cwd: folder,
      env: { PATH: process.env['PATH'] },
      timeout: 30_000,
    });
    await expect(refused).rejects.toMatchObject({ code: 2 });
  }, 200_000);
});

const hasGo = (process.env['PATH'] ?? '')
  .split(delimiter)
  .some((path) => existsSync(join(path, 'go')));

describe('docker-compose.yml by the Compose specification', () => {
  test.skipIf(!hasGo)(
    `is valid${hasGo ? '' : ' (skipped: no go command to build the checker with)'}`,
    async () => {
      const bin = join(top, '.stack', 'bin');
      const checker = join(bin, 'cmd');
      if (!existsSync(checker)) {
        const source = 'github.com/compose-spec/compose-go/v2/cmd@v2.16.2';
        await run('go', ['install', source], {
          env: { ...process.env, GOBIN: bin, GOFLAGS: '-mod=mod' },
          timeout: 180_000,
        });
      }
      const folder = emptyFolder();
      const text = readFileSync(join(top, 'docker-compose.yml'), 'utf8');
      const filled = interpolate(text, { ...example, CLICKHOUSE_PASSWORD: 'example' });
      const check = async (content: string): Promise<unknown> => {
        writeFileSync(join(folder, 'docker-compose.yml'), content);
        return run(checker, ['docker-compose.yml'], { cwd: folder, timeout: 30_000 });
      };
      await check(filled);
      await expect(check(filled.replace('depends_on', 'dependz_on'))).rejects.toThrow();
    },
    240_000,
  );
});
