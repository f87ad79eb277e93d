import { randomInt } from 'node:crypto';
import Table from 'cli-table3';
import { Command } from 'commander';
import { wholeNumber } from '../whole-number.ts';
import { fuzz } from '../../ingest-service/test/fuzz/fuzz.ts';

/*
 * `npm run test:fuzz`: a million requests by grammar and mutation. Exit code 0 only if the service
 * lives, gives no status outside its table, keeps serving a good sender, and its memory stays.
 */

const GROWTH_BYTES_MAX = 50e6;

const count = wholeNumber(1, Number.MAX_SAFE_INTEGER);

const { requests, seed } = new Command('test:fuzz')
  .description('Fuzzes the webhook endpoint over raw sockets.')
  .option('--requests <number>', 'how many', count, 1_000_000)
  .option('--seed <number>', 'seed of the bytes', count, randomInt(1, 2 ** 31))
  .parse()
  .opts<{ requests: number; seed: number }>();

console.log(`${requests} requests, seed ${seed}`);
const report = await fuzz({
  requests,
  seed,
  tell: (line) => void process.stderr.write(`${line}\n`),
});
const table = new Table({ head: ['answer', 'times'], style: { head: [], border: [] } });
for (const [status, times] of Object.entries(report.counts).sort()) table.push([status, times]);
console.log(table.toString());
const grown = report.grownBytes / 1e6;
console.log(
  `${report.seconds.toFixed(0)} s, memory ${grown >= 0 ? '+' : ''}${grown.toFixed(1)} MB, ${report.failures.length} failures`,
);
for (const failure of report.failures) console.log(failure);
process.exitCode = report.failures.length === 0 && report.grownBytes < GROWTH_BYTES_MAX ? 0 : 1;
