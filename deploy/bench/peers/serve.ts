import { batchingServer, expressServer, verifyingServer } from './bare.ts';

/*
 * A bare server as a child: `serve.ts floor|express|bare`, on BENCH_PORT with BENCH_SIGNING_KEY;
 * `bare` writes to BENCH_TOPIC at BENCH_BROKERS.
 */

const setting = (name: string): string => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
};

const key = setting('BENCH_SIGNING_KEY');
const makers = {
  floor: () => Promise.resolve(verifyingServer(key)),
  express: () => Promise.resolve(expressServer(key)),
  bare: () => batchingServer(key, setting('BENCH_BROKERS').split(','), setting('BENCH_TOPIC')),
};
const kind = process.argv[2];
if (kind !== 'floor' && kind !== 'express' && kind !== 'bare') {
  throw new Error('the server must be floor, express or bare');
}
process.removeAllListeners('warning');
process.on('warning', () => undefined);
const server = await makers[kind]();
server.listen(Number(setting('BENCH_PORT')), '127.0.0.1');
process.on('disconnect', () => process.exit(0));
