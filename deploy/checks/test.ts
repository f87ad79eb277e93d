import { spawn, spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

/*
 * `npm test`: lint beside types, then every tier of tests, one after the other: they share two cores.
 * Ends with one plain line that counts everything: "N passed, N failed, N skipped".
 */

type Counts = { passed: number; failed: number; skipped: number };
type Step = { readonly name: string; readonly run: () => Promise<Counts> };

/** A step that hangs is a failure. On two free cores the whole command takes less than 8 minutes. */
const STEP_TIMEOUT_MS = 15 * 60_000;
const root = new URL('../..', import.meta.url).pathname;
const evaluation = join(root, 'deploy', 'checks', 'eval-classifier.ts');
const bin = join(root, 'node_modules', '.bin');
const scratch = mkdtempSync(join(tmpdir(), 'landed-test-'));

async function runCommand(command: string, args: readonly string[]): Promise<number> {
  const child = spawn(join(bin, command), args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PATH: `${bin}:${process.env['PATH'] ?? ''}` },
    timeout: STEP_TIMEOUT_MS,
  });
  return new Promise((resolve) => {
    child.on('error', (error) => {
      console.error(`${command}: ${error.message}`);
      resolve(1);
    });
    child.on('exit', (code) => {
      resolve(code ?? 1);
    });
  });
}

const asCounts = (code: number): Counts =>
  code === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 };

type VitestReport = {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly numFailedTestSuites: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
};

/** What failed and why, a few lines each: said again at the end, where it is found. */
const failures: string[] = [];
const REASON_LINES = 6;

function noteFailures(read: VitestReport): void {
  const note = (file: string, name: string, reason: string): void => {
    const told = reason.split('\n').slice(0, REASON_LINES).join('\n    ');
    failures.push(`${relative(root, file)}: ${name}\n    ${told}`);
  };
  for (const { name: file, status, message, assertionResults } of read.testResults) {
    const failed = assertionResults.filter((result) => result.status === 'failed');
    for (const { fullName, failureMessages } of failed)
      note(file, fullName, failureMessages.join('\n'));
    if (status === 'failed' && failed.length === 0) note(file, 'the file itself', message);
  }
}

async function runProject(project: string): Promise<Counts> {
  const report = join(scratch, `${project}.json`);
  const args = ['run', '--project', project, '--reporter=default', '--reporter=json'];
  const code = await runCommand('vitest', [...args, `--outputFile.json=${report}`]);
  try {
    const read = JSON.parse(readFileSync(report, 'utf8')) as VitestReport;
    noteFailures(read);
    const failed = read.numFailedTests === 0 && code !== 0 ? 1 : read.numFailedTests;
    const skipped = read.numPendingTests + read.numTodoTests;
    return { passed: read.numPassedTests, failed, skipped };
  } catch {
    console.error(`${project}: no report was written, exit code ${code}`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

/** The same suites on containers, where a Docker engine answers. Its absence is said once. */
async function runContainers(): Promise<Counts> {
  const engine = spawnSync('docker', ['info', '--format', '{{.ServerVersion}}'], {
    timeout: 10_000,
    encoding: 'utf8',
  });
  if (engine.status === 0) return runProject('containers');
  const reason = engine.error ? 'no docker command' : 'no Docker engine answers';
  console.log(`containers: skipped, ${reason}; the suites ran on the embedded stack`);
  return { passed: 0, failed: 0, skipped: 1 };
}

/** Texts labelled by others belong to others: they are used where they lie beside the project. */
async function evaluateClassifier(): Promise<Counts> {
  const name = 'bounce-replies.tune.jsonl';
  const [file] = globSync(`../{.,*,*/data}/${name}`, { cwd: root });
  if (file === undefined) {
    console.log(`classifier: skipped, no ${name} lies beside the project`);
    return { passed: 0, failed: 0, skipped: 1 };
  }
  return asCounts(await runCommand('node', [evaluation, join(root, file)]));
}

const inPairs: readonly (readonly Step[])[] = [
  [
    { name: 'lint', run: async () => asCounts(await runCommand('eslint', ['.'])) },
    { name: 'types', run: async () => asCounts(await runCommand('tsc', ['-p', 'tsconfig.json'])) },
  ],
  [{ name: 'classifier', run: evaluateClassifier }],
  [{ name: 'unit', run: async () => runProject('unit') }],
  [{ name: 'int', run: async () => runProject('int') }],
  [{ name: 'e2e', run: async () => runProject('e2e') }],
  [{ name: 'containers', run: runContainers }],
];

async function runStep(step: Step): Promise<Counts & { line: string }> {
  const startedAt = performance.now();
  const counts = await step.run();
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  const { passed, failed, skipped } = counts;
  const told = `${passed} passed, ${failed} failed, ${skipped} skipped`;
  return { ...counts, line: `${step.name.padEnd(12)}${seconds.padStart(7)} s  ${told}` };
}

const total: Counts = { passed: 0, failed: 0, skipped: 0 };
const lines: string[] = [];
for (const steps of inPairs) {
  for (const { passed, failed, skipped, line } of await Promise.all(steps.map(runStep))) {
    lines.push(line);
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
  }
}
rmSync(scratch, { recursive: true, force: true });
if (failures.length > 0) console.log(`\nfailed:\n  ${failures.join('\n  ')}`);
console.log(`\n${lines.join('\n')}\n`);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
