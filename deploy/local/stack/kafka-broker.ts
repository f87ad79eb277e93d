import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Kafka, logLevel } from 'kafkajs';
import type { Artifacts } from './artifacts.ts';
import { childFailure } from './child-failure.ts';
import { classArchive, type ClassArchive } from './class-archive.ts';
import { kafkaProperties, type KafkaPorts } from './kafka-config.ts';
import { logTail } from './child-log.ts';
import { runOnLeash, startOnLeash } from './leash.ts';
import type { Program, ProgramDeps } from './program.ts';
import { StackError } from './stack-error.ts';
import { waitUntil } from './wait-until.ts';

const log4jFile = fileURLToPath(new URL('./kafka-log4j2.properties', import.meta.url));
/** Any fixed id does: the cluster has one node and one folder. */
const clusterId = 'bGFuZGVkLWVtYmVkZGVkLQ';
const formatDeadlineMs = 60_000;
const readyDeadlineMs = 60_000;
/** The heap is given back as load falls, so that a burst does not stay on the desk. */
const jvmFlags = [
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Xms64m',
  '-Xmx384m',
  '-XX:MinHeapFreeRatio=20',
  '-XX:MaxHeapFreeRatio=40',
  '-Xss512k',
];

const javaArgs = (artifacts: Artifacts, extraFlags: readonly string[]): string[] => [
  ...jvmFlags,
  ...extraFlags,
  `-Dlog4j2.configurationFile=${log4jFile}`,
  '-cp',
  artifacts.kafkaClasspath,
];

/** True when the broker answers and its controller is elected. An open port alone proves nothing. */
const answers = async (broker: string): Promise<boolean> => {
  const kafka = new Kafka({
    clientId: 'landed-ready',
    brokers: [broker],
    connectionTimeout: 1000,
    requestTimeout: 3000,
    retry: { retries: 0 },
    logLevel: logLevel.NOTHING,
  });
  const admin = kafka.admin();
  try {
    await admin.connect();
    const { brokers, controller } = await admin.describeCluster();
    return brokers.length > 0 && controller !== null && controller >= 0;
  } finally {
    await admin.disconnect();
  }
};

const format = async (
  artifacts: Artifacts,
  propertiesFile: string,
  logFile: string,
): Promise<void> => {
  const tool = ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', propertiesFile];
  const { code } = await runOnLeash({
    name: 'kafka format',
    command: 'java',
    args: [...javaArgs(artifacts, []), ...tool],
    logFile,
    deadlineMs: formatDeadlineMs,
  });
  if (code === 0) return;
  throw new StackError(`Kafka's folder could not be formatted:\n${logTail(logFile)}`);
};

/** One Kafka node, broker and controller in one JVM (KRaft), on loopback. */
export const createKafkaBroker = (
  deps: ProgramDeps & {
    readonly artifacts: Artifacts;
    readonly javaVersion: string;
    readonly ports: KafkaPorts;
  },
): Program => {
  const { artifacts, javaVersion, ports, dir, logFile } = deps;
  const dataDir = join(dir, 'log');
  const propertiesFile = join(dir, 'server.properties');
  let archive: ClassArchive | undefined;
  return {
    name: 'kafka',
    start: async () => {
      mkdirSync(dataDir, { recursive: true });
      writeFileSync(propertiesFile, kafkaProperties(dataDir, ports));
      if (!existsSync(join(dataDir, 'meta.properties'))) {
        await format(artifacts, propertiesFile, logFile);
      }
      const { dir: artifactsDir, pomHash } = artifacts;
      archive = classArchive({ artifactsDir, program: 'kafka', javaVersion, pomHash });
      return startOnLeash({
        name: 'kafka',
        command: 'java',
        args: [...javaArgs(artifacts, archive.flags), 'kafka.Kafka', propertiesFile],
        cwd: dir,
        env: { ...process.env, MALLOC_ARENA_MAX: '2' },
        logFile,
      });
    },
    ready: (child) =>
      waitUntil({
        what: 'kafka',
        isDone: () => answers(`127.0.0.1:${ports.kafka}`),
        deadlineMs: readyDeadlineMs,
        failed: childFailure(child, logFile),
      }),
    stopGraceMs: () => (archive?.isRecording === true ? 30_000 : 10_000),
    ended: (code) => {
      if (code === 0 || code === 143) archive?.keep();
    },
  };
};
