import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { StackError } from './stack-error.ts';

const run = promisify(execFile);
const versionDeadlineMs = 20_000;
const oldestMajor = 17;

const firstNumber = /version "(?:1\.)?(\d+)/;

/** Major version from what `java -version` prints, e.g. 17; undefined for an unknown text. */
export const javaMajor = (versionText: string): number | undefined => {
  const found = firstNumber.exec(versionText)?.[1];
  return found === undefined ? undefined : Number(found);
};

/** What `java -version` prints. @throws StackError when Java is missing or too old */
export const javaVersion = async (): Promise<string> => {
  const text = await run('java', ['-version'], { timeout: versionDeadlineMs }).then(
    ({ stdout, stderr }) => stderr + stdout,
    (error: unknown) => {
      throw new StackError(
        `Java is missing. The embedded Kafka needs Java ${oldestMajor} or newer on the PATH (or set KAFKA_BROKERS and SCHEMA_REGISTRY_URL to servers of yours).`,
        { cause: error },
      );
    },
  );
  const major = javaMajor(text);
  if (major === undefined || major < oldestMajor) {
    throw new StackError(
      `Java ${major ?? 'of an unknown version'} is too old. The embedded Kafka needs Java ${oldestMajor} or newer.`,
    );
  }
  return text;
};
