import { runService } from '../running-service.ts';

/*
 * The service under the fuzzer, as a process of its own: whatever ends it is seen from outside.
 * Behind it is a Kafka that forgets at once. Tells its port, then its counters when asked.
 */

const running = await runService({ INGEST_DEADLINE_MS: '500' });
running.kafka.isForgetful = true;
await running.service.becomeAble();

process.on('message', () => {
  // What is garbage is not growth.
  globalThis.gc?.();
  void running.scrape().then((metrics) => {
    const isUnexpected = metrics.includes('reason="unexpected"');
    const hasErrors = running.log().includes('"level":"error"');
    process.send?.({ rssBytes: process.memoryUsage.rss(), isUnexpected, hasErrors });
  });
});
process.on('disconnect', () => process.exit(0));
process.send?.({ port: running.port });
