import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maskAddresses } from '@landed/schemas/mask';

test.each([
  ['no address here', 'no address here'],
  ['550 5.1.1 <old.box@kaffee.example>: user unknown', '550 5.1.1 <<address>>: user unknown'],
  ['mira@nordlicht.example', '<address>'],
  ['two a@b.example and c+d@e.example.', 'two <address> and <address>'],
  ['"john doe"@example.com bounced', '<address> bounced'],
  ['müller@exämple.example voll', '<address> voll'],
  ['x@[192.0.2.1] refused', '<address> refused'],
  ['https://s.example/u?e=mira%40nordlicht.example&c=1', 'https://s.example/u?e=<address>&c=1'],
  ['https://s.example/u?e=mira%2Bx%40n.example', 'https://s.example/u?e=<address>'],
  ['sms to +4917055500 failed', 'sms to <number> failed'],
  ['t=%2B4917055500', 't=<number>'],
  ['Error 21610: 550 5.7.1 (S3140) 192.0.2.7', 'Error 21610: 550 5.7.1 (S3140) 192.0.2.7'],
])('%s', (text, masked) => {
  expect(maskAddresses(text)).toBe(masked);
});

test('no address survives, whatever stands around it', () => {
  const local = fc.stringMatching(/^[a-z0-9.+_-]{1,20}$/);
  fc.assert(
    fc.property(fc.string(), local, fc.string(), fc.boolean(), (before, name, after, escaped) => {
      const address = `${name}${escaped ? '%40' : '@'}canary.example`;
      expect(maskAddresses(`${before} ${address} ${after}`)).not.toContain(address);
    }),
  );
});

test('masking again changes nothing', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const once = maskAddresses(text);
      expect(maskAddresses(once)).toBe(once);
    }),
  );
});

test('stays linear on long texts', () => {
  const hostile = ['a', '@', '%40', '+1', '"', 'a@'].map((part) => part.repeat(200_000));
  const started = performance.now();
  for (const text of hostile) maskAddresses(text);
  expect(performance.now() - started).toBeLessThan(5_000);
});
