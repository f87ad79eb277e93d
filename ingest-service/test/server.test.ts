import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { listen } from '../src/server.ts';

test('errors after the bind are heard, and end nothing; a taken port rejects', async () => {
  const server = createServer();
  const heard: Error[] = [];
  const port = await listen(
    server,
    { host: '127.0.0.1', port: 0 },
    (error) => void heard.push(error),
  );
  server.emit('error', new Error('accept EMFILE'));
  expect(heard).toHaveLength(1);
  const rival = listen(createServer(), { host: '127.0.0.1', port }, () => undefined);
  await expect(rival).rejects.toMatchObject({ code: 'EADDRINUSE' });
  server.close();
});
