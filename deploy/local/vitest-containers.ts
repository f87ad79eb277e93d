import { GenericContainer, Wait } from 'testcontainers';
import type { StartedTestContainer } from 'testcontainers';
import type { TestProject } from 'vitest/node';
import { freePorts } from './stack/ports.ts';

/* The stack of the `containers` tests: the official images instead of the embedded parts. */

const KAFKA_IMAGE = 'apache/kafka:4.1.0';
const REGISTRY_IMAGE = 'apicurio/apicurio-registry:3.0.9';
const CLICKHOUSE_IMAGE = 'clickhouse/clickhouse-server:25.8';
const START_TIMEOUT_MS = 180_000;

/** The broker tells clients its address, so its port on this host must be known before it starts. */
async function startKafka(): Promise<{ container: StartedTestContainer; brokers: string }> {
  const [port = 0] = await freePorts(1);
  const container = await new GenericContainer(KAFKA_IMAGE)
    .withExposedPorts({ container: 9092, host: port })
    .withEnvironment({
      KAFKA_NODE_ID: '1',
      KAFKA_PROCESS_ROLES: 'broker,controller',
      KAFKA_LISTENERS: 'PLAINTEXT://:9092,CONTROLLER://:9093',
      KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://127.0.0.1:${port}`,
      KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
      KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
    })
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
    .withStartupTimeout(START_TIMEOUT_MS)
    .start();
  return { container, brokers: `127.0.0.1:${port}` };
}

async function startHttp(
  image: string,
  port: number,
  path: string,
  environment: Record<string, string>,
): Promise<{ container: StartedTestContainer; url: string }> {
  const container = await new GenericContainer(image)
    .withExposedPorts(port)
    .withEnvironment(environment)
    .withWaitStrategy(Wait.forHttp(path, port))
    .withStartupTimeout(START_TIMEOUT_MS)
    .start();
  return { container, url: `http://${container.getHost()}:${container.getMappedPort(port)}` };
}

/** vitest global setup: provides the same `stack` as the embedded one. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const [kafka, registry, clickhouse] = await Promise.all([
    startKafka(),
    startHttp(REGISTRY_IMAGE, 8080, '/apis/ccompat/v7/subjects', {}),
    startHttp(CLICKHOUSE_IMAGE, 8123, '/ping', { CLICKHOUSE_SKIP_USER_SETUP: '1' }),
  ]);
  project.provide('stack', {
    kafkaBrokers: kafka.brokers,
    registryUrl: registry.url,
    clickhouseUrl: clickhouse.url,
  });
  return async () => {
    for (const { container } of [kafka, registry, clickhouse]) await container.stop();
  };
}
