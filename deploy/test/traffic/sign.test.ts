import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { signature } from '../../traffic/sign.ts';
import { hardBounceBody, signedCurl } from '../../traffic/signed-curl.ts';
import { startReceiver } from './receiver.ts';

/** Vectors checked by two independent implementations; the bodies are exact. */
const KEY = 'cio-test-signing-key-1';

describe('signature', () => {
  test.each([
    [
      '1767225600',
      '{"metric":"bounced","event_id":"01KDVH0000ABCDEFGHJKMNPQRS","object_type":"email","timestamp":1767225598,"data":{"delivery_id":"dgOq"}}',
      '5fcaa3df17fee3383f0b389c8deb1619f47e639d1d162eac7418975f0cc0f3bc',
    ],
    [
      '1767225601',
      '{"href":"https://shop.example/p?a=1\\u0026b=2"}',
      '8c66643d41f6954cdcffe0a1de545b220a6806fd58008cbb8c7c8cb7aad655b0',
    ],
    [
      '1767225602',
      '{"subject":"Zürich – 10 % off ✓"}',
      '755186d91e1cbb9ce0d783ee551bf898559a16cd1a75bfe8f90a7f80630fad0b',
    ],
    ['1767225603', '', '995729e001ab9c02e247de6bbc7f21c5dc85993c1207f19b1d16b26acae81756'],
  ])('at %s', (timestamp, body, expected) => {
    expect(signature(KEY, timestamp, Buffer.from(body))).toBe(expected);
  });
});

describe('signed curl', () => {
  const now = 1_763_001_300_000;

  test('is a command that sends exactly the signed bytes', async () => {
    const receiver = await startReceiver("a key with ' and $HOME in it");
    try {
      const body = hardBounceBody({
        now,
        eventId: '01K9Z6S9QW1ER2TY3ZK4PX5SDF',
        person: { id: "o'hara", email: 'old.box@kaffee.example', cio_id: 'a90c07000041' },
      });
      const curl = signedCurl({
        url: receiver.url.href,
        key: "a key with ' and $HOME in it",
        body,
        now,
      });
      const { stdout } = await promisify(execFile)('sh', ['-c', curl]);
      expect(stdout).toBe('{"status":"stored"}');
      expect(receiver.received).toHaveLength(1);
      expect(receiver.received[0]?.isAuthentic).toBe(true);
      expect(receiver.received[0]?.body.equals(body)).toBe(true);
    } finally {
      await receiver.close();
    }
  });

  test('the body is a hard bounce dated now, with an id of its own each time', () => {
    const bodies = [hardBounceBody({ now }), hardBounceBody({ now })].map(
      (body) => JSON.parse(body.toString()) as Record<string, unknown>,
    );
    expect(bodies[0]).toMatchObject({
      object_type: 'email',
      metric: 'bounced',
      timestamp: now / 1000,
    });
    expect(bodies[0]?.['event_id']).not.toBe(bodies[1]?.['event_id']);
  });
});
