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

test('a shared port is held by several servers, and by the last of them alone', async () => {
  const place = { host: '127.0.0.1', isShared: true };
  const answering = (name: string) =>
    createServer({ keepAlive: false }, (_request, response) => response.end(name));
  const [one, two] = [answering('one'), answering('two')];
  const port = await listen(one, { ...place, port: 0 }, () => undefined);
  await listen(two, { ...place, port }, () => undefined);
  const ask = async (): Promise<string> => {
    const headers = { connection: 'close' };
    return (await fetch(`http://127.0.0.1:${port}/`, { headers })).text();
  };
  const answers = new Set<string>();
  await expect.poll(async () => answers.add(await ask()).size, { timeout: 5000 }).toBe(2);
  one.close();
  one.closeAllConnections();
  expect(await Promise.all([ask(), ask(), ask()])).toEqual(['two', 'two', 'two']);
  two.close();
  two.closeAllConnections();
});
