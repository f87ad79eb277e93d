import { migrate } from '@landed/schemas/clickhouse-migrate';
import { loadClickHouseAddress } from '../warehouse/config.ts';
import { EXIT } from './command.ts';
import type { AddCommand } from './command.ts';

/** `landed migrate`: brings ClickHouse to the newest tables and views. */
export const addMigrate: AddCommand = (program, { env, print, end }) => {
  program
    .command('migrate')
    .description('apply the numbered SQL of the warehouse that is not applied yet')
    .option('--check', 'only say what is missing', false)
    .addHelpText('after', '\nExit code: 0 nothing is missing, 1 something is, 2 settings or usage.')
    .action(async ({ check }: { readonly check: boolean }) => {
      const address = loadClickHouseAddress(env);
      const { applied, pending } = await migrate({ ...address, isCheck: check });
      for (const name of applied) print(`applied ${name}`);
      for (const name of pending) print(`not applied ${name}`);
      if (applied.length + pending.length === 0) print('the warehouse is up to date');
      end(pending.length === 0 ? EXIT.good : EXIT.bad);
    });
};
