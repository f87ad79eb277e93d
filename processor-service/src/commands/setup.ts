import { migrate } from '@landed/schemas/clickhouse-migrate';
import { OperationError } from '@landed/schemas/fate';
import { loadClickHouseAddress } from '../warehouse/config.ts';
import type { AddCommand } from './command.ts';
import { registerSchemas } from './register.ts';
import { applyTopicTable } from './topics.ts';

/** `landed setup`: everything a deploy needs before the services start. Repeating it is harmless. */
export const addSetup: AddCommand = (program, { env, print }) => {
  program
    .command('setup')
    .description('topics, schemas and tables: whatever is missing')
    .action(async () => {
      const address = loadClickHouseAddress(env);
      const drift = await applyTopicTable(env);
      if (drift.length > 0) {
        const told = drift.map(
          ({ topic, what, wanted, found }) => `${topic} ${what} ${found}, not ${wanted}`,
        );
        throw new OperationError(`topics differ: ${told.join('; ')}`, { retriable: false });
      }
      print('topics are as the contract says');
      const ids = await registerSchemas(env);
      print(`${Object.keys(ids).length} schemas are registered`);
      const { applied } = await migrate(address);
      print(`the warehouse is up to date (${applied.length} files applied now)`);
    });
};
