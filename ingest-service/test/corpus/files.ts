import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { CorpusCase, Expected } from './case.ts';
import { fieldCases } from './fields.ts';
import { httpCases } from './http.ts';
import { jsonCases } from './json.ts';
import { signatureCases } from './signature.ts';

/** A case as it lies on disk. */
export type CorpusFile = {
  /** Under `files/`. */
  readonly path: string;
  readonly name: string;
  readonly bytes: Buffer;
  readonly expected: Expected;
};

export const FOLDER = join(import.meta.dirname, 'files');
const EXPECTED = join(import.meta.dirname, 'expected.json');

const slug = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 60);

function placed(cases: readonly CorpusCase[]): CorpusFile[] {
  const counts = new Map<string, number>();
  return cases.map(({ group, name, bytes, expected }) => {
    const number = (counts.get(group) ?? 0) + 1;
    counts.set(group, number);
    const path = `${group}/${String(number).padStart(3, '0')}-${slug(name)}.http`;
    return { path, name, bytes, expected };
  });
}

/** The whole corpus as it is made. */
export function madeCorpus(): CorpusFile[] {
  return placed([...jsonCases(), ...fieldCases(), ...signatureCases(), ...httpCases()]);
}

type Listed = Readonly<Record<string, Omit<CorpusFile, 'bytes' | 'path'>>>;

/** The corpus as it lies on disk. */
export function storedCorpus(): CorpusFile[] {
  const listed = JSON.parse(readFileSync(EXPECTED, 'utf8')) as Listed;
  return Object.entries(listed).map(([path, { name, expected }]) => ({
    path,
    name,
    expected,
    bytes: readFileSync(join(FOLDER, path)),
  }));
}

/** Paths of all files on disk. */
export function storedPaths(): string[] {
  return readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.http'))
    .sort();
}

/** Writes the corpus to disk, in the place of what lies there. */
export function writeCorpus(files: readonly CorpusFile[]): void {
  rmSync(FOLDER, { recursive: true, force: true });
  for (const { path, bytes } of files) {
    mkdirSync(dirname(join(FOLDER, path)), { recursive: true });
    writeFileSync(join(FOLDER, path), bytes);
  }
  const listed = Object.fromEntries(
    files.map(({ path, name, expected }) => [path, { name, expected }]),
  );
  writeFileSync(EXPECTED, `${JSON.stringify(listed, null, 1)}\n`);
}
