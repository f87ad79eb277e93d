import type { PortClaim } from './ports.ts';
import type { ProgramName } from './program.ts';
import { freePorts } from './ports.ts';

export type StackPorts = {
  readonly kafka: number;
  readonly kafkaController: number;
  readonly registry: number;
  readonly clickhouse: number;
  readonly clickhouseReadonly: number;
};

export const defaultPorts: StackPorts = {
  kafka: 19092,
  kafkaController: 19093,
  registry: 18081,
  clickhouse: 18123,
  clickhouseReadonly: 18124,
};

/** What each port is for, and the setting of `npm start` that moves it. */
export const portSettings: Record<
  keyof StackPorts,
  { readonly program: ProgramName; readonly what: string; readonly setting: string }
> = {
  kafka: { program: 'kafka', what: 'Kafka', setting: 'EMBEDDED_KAFKA_PORT' },
  kafkaController: {
    program: 'kafka',
    what: 'Kafka controller',
    setting: 'EMBEDDED_KAFKA_CONTROLLER_PORT',
  },
  registry: { program: 'registry', what: 'schema registry', setting: 'EMBEDDED_REGISTRY_PORT' },
  clickhouse: { program: 'clickhouse', what: 'ClickHouse', setting: 'EMBEDDED_CLICKHOUSE_PORT' },
  clickhouseReadonly: {
    program: 'clickhouse',
    what: 'ClickHouse, read only',
    setting: 'EMBEDDED_CLICKHOUSE_READONLY_PORT',
  },
};

const portNames = Object.keys(portSettings) as (keyof StackPorts)[];

/** The ports that the named programs will listen on. */
export const portClaims = (ports: StackPorts, only: readonly ProgramName[]): PortClaim[] =>
  portNames
    .filter((name) => only.includes(portSettings[name].program))
    .map((name) => ({
      port: ports[name],
      what: portSettings[name].what,
      setting: portSettings[name].setting,
    }));

/** Five ports nobody uses, for a stack beside others. */
export const freeStackPorts = async (): Promise<StackPorts> => {
  const ports = await freePorts(portNames.length);
  return Object.fromEntries(
    portNames.map((name, index) => [name, ports[index]]),
  ) as unknown as StackPorts;
};
