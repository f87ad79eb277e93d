/*
 * Completes package-lock.json with the optional packages of other platforms.
 *
 *   node deploy/local/complete-lock.mjs [--check]
 *
 * npm leaves an optional package out of the lock when the registry it asked does not have it.
 * `npm ci` against another registry, which has it, then finds the lock incomplete and refuses, and
 * the package is missing where it is needed. The missing entries follow from what is there: name
 * and version stand in the dependent's `optionalDependencies`, platform and processor in the name.
 * They carry no integrity hash; `npm install` fills it in where the package can be fetched.
 * Run it after every change of the lock.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const platforms = ['linux', 'darwin', 'win32', 'freebsd', 'android'];
const processors = ['x64', 'arm64', 'arm', 'ia32'];
const cLibraries = { gnu: 'glibc', musl: 'musl' };
const exactVersion = /^\d+\.\d+\.\d+/;

/**
 * @param {{ packages: Record<string, any> }} lock
 * @returns {Record<string, any>} the entries that are missing, by their key in `packages`
 */
export const missingEntries = ({ packages }) => {
  const missing = {};
  for (const entry of Object.values(packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      const key = `node_modules/${name}`;
      if (packages[key] !== undefined || !exactVersion.test(version)) continue;
      const words = name.split(/[/-]/);
      const os = platforms.filter((platform) => words.includes(platform));
      const cpu = processors.filter((processor) => words.includes(processor));
      if (os.length === 0 || cpu.length === 0) continue;
      const libc = Object.keys(cLibraries).filter((library) => words.includes(library));
      missing[key] = {
        version,
        cpu,
        ...(libc.length === 0 ? {} : { libc: libc.map((library) => cLibraries[library]) }),
        optional: true,
        os,
      };
    }
  }
  return missing;
};

const main = () => {
  const file = fileURLToPath(new URL('../../package-lock.json', import.meta.url));
  const lock = JSON.parse(readFileSync(file, 'utf8'));
  const missing = missingEntries(lock);
  const names = Object.keys(missing);
  if (names.length === 0) return;
  console.log(`missing in package-lock.json: ${names.join(', ')}`);
  if (process.argv.includes('--check')) {
    process.exitCode = 1;
    return;
  }
  const packages = { ...lock.packages, ...missing };
  const byName = ([left], [right]) => left.localeCompare(right, 'en');
  lock.packages = Object.fromEntries(Object.entries(packages).sort(byName));
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
};

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
