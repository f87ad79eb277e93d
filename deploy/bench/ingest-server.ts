import { loadConfig } from '@landed/ingest-service/config';
import { listen } from '@landed/ingest-service/server';
import { MOUNTS, mountServer } from './ingest-mounts.ts';

/*
 * The server of one measurement, as a child: `ingest-server.ts <mount> <kafka|memory>`. Tells its
 * port once it can store, and answers each message with the CPU time it has used (µs).
 */

const [mountName, storageName] = process.argv.slice(2);
const mount = MOUNTS.find((each) => each === mountName);
if (!mount) throw new Error(`the mount must be one of ${MOUNTS.join(', ')}`);

const config = loadConfig(process.env);
const { server, storage } = mountServer(mount, config, storageName === 'memory');
process.removeAllListeners('warning');
const port = await listen(server, { host: '127.0.0.1', port: 0 }, (error) => {
  throw error;
});
await storage?.becomeAble();
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuUs: user + system, rssBytes: process.memoryUsage.rss() });
});
process.on('disconnect', () => process.exit(0));
process.send?.({ port });
