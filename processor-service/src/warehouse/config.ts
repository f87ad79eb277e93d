import { z } from 'zod';
import { readSettings, wholeNumber } from '@landed/schemas/settings';
import type { Environment } from '@landed/schemas/settings';

/** Settings of the connection to ClickHouse. */
export const clickhouseShape = {
  CLICKHOUSE_URL: z
    .string()
    .refine((text) => URL.canParse(text) && /^https?:/.test(text), 'must be an http or https URL')
    .refine(
      (text) => !URL.canParse(text) || new URL(text).username === '',
      'must not hold a user: use CLICKHOUSE_USER and CLICKHOUSE_PASSWORD',
    )
    .default('http://127.0.0.1:18123'),
  CLICKHOUSE_DATABASE: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, 'must be letters, digits and underscores')
    .default('landed'),
  CLICKHOUSE_USER: z.string().default('default'),
  CLICKHOUSE_PASSWORD: z.string().default(''),
  CLICKHOUSE_CLUSTER: z
    .string()
    .regex(/^[A-Za-z0-9_.{}-]{1,64}$/, 'must be the name of a cluster')
    .optional(),
};
export const clickhouseSecrets = ['CLICKHOUSE_USER', 'CLICKHOUSE_PASSWORD'] as const;

export const warehouseShape = {
  ...clickhouseShape,
  WAREHOUSE_FLUSH_MS: wholeNumber(500, 20, 60_000),
  WAREHOUSE_FLUSH_ROWS: wholeNumber(20_000, 1, 200_000),
  WAREHOUSE_FLUSH_BYTES: wholeNumber(16 * 1024 * 1024, 65_536, 128 * 1024 * 1024),
  WAREHOUSE_DAILY_MS: wholeNumber(3_000, 500, 600_000),
};

export type ClickHouseAddress = {
  readonly url: string;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  readonly cluster: string | undefined;
};

export type WarehouseSettings = {
  readonly clickhouse: ClickHouseAddress;
  /** A row waits at most so long before it is written. */
  readonly flushMs: number;
  readonly flushRowsMax: number;
  readonly flushBytesMax: number;
  /** Least time between two refreshes of `daily`. */
  readonly dailyRefreshMs: number;
};

const addressOf = (settings: z.output<z.ZodObject<typeof clickhouseShape>>): ClickHouseAddress => ({
  url: settings.CLICKHOUSE_URL,
  database: settings.CLICKHOUSE_DATABASE,
  user: settings.CLICKHOUSE_USER,
  password: settings.CLICKHOUSE_PASSWORD,
  cluster: settings.CLICKHOUSE_CLUSTER,
});

/** Where ClickHouse is. @throws SettingsError listing every problem */
export function loadClickHouseAddress(env: Environment): ClickHouseAddress {
  return addressOf(readSettings(env, clickhouseShape, clickhouseSecrets));
}

/** Settings of the warehouse role. @throws SettingsError listing every problem */
export function loadWarehouseSettings(env: Environment): WarehouseSettings {
  const settings = readSettings(env, warehouseShape, clickhouseSecrets);
  return {
    clickhouse: addressOf(settings),
    flushMs: settings.WAREHOUSE_FLUSH_MS,
    flushRowsMax: settings.WAREHOUSE_FLUSH_ROWS,
    flushBytesMax: settings.WAREHOUSE_FLUSH_BYTES,
    dailyRefreshMs: settings.WAREHOUSE_DAILY_MS,
  };
}
