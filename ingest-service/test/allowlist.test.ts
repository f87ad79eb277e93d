import { describe, expect, test } from 'vitest';
import { createAllowlist, parseCidrs } from '../src/allowlist.ts';

const networks = parseCidrs(['35.188.196.183', '34.76.0.0/16', '2001:db8::/32']).list;
const proxies = parseCidrs(['10.0.0.0/8', '::1']).list;
const allowlist = createAllowlist('enforce', networks, proxies);

describe('parseCidrs', () => {
  test.each([
    '',
    '1.2.3',
    '1.2.3.4/33',
    '1.2.3.4/-1',
    '1.2.3.4/',
    '1.2.3.4/8/8',
    'example.org',
    '::/129',
    '1.2.3.4/x',
  ])('refuses "%s"', (entry) => {
    expect(parseCidrs(['10.0.0.1', entry]).malformed).toEqual([entry]);
  });
});

describe('isListed', () => {
  test.each([
    ['35.188.196.183', true],
    ['35.188.196.184', false],
    ['34.76.255.1', true],
    ['34.77.0.1', false],
    ['2001:db8::17', true],
    ['2001:db9::17', false],
    ['', false],
  ])('%s: %s', (client, isListed) => {
    expect(allowlist.isListed(client)).toBe(isListed);
  });
});

describe('clientOf', () => {
  test.each([
    ['a direct caller', '35.188.196.183', [], '35.188.196.183'],
    ['IPv4 in IPv6 clothes', '::ffff:35.188.196.183', [], '35.188.196.183'],
    ['a header of an untrusted caller is not believed', '1.2.3.4', ['35.188.196.183'], '1.2.3.4'],
    ['behind a proxy', '10.0.0.7', ['35.188.196.183'], '35.188.196.183'],
    ['behind two proxies', '10.0.0.7', ['35.188.196.183, 10.0.0.9'], '35.188.196.183'],
    [
      'what the caller wrote further left is not believed',
      '10.0.0.7',
      ['35.188.196.183, 1.2.3.4'],
      '1.2.3.4',
    ],
    ['two headers', '10.0.0.7', ['35.188.196.183', '10.0.0.9'], '35.188.196.183'],
    ['with a port', '10.0.0.7', ['35.188.196.183:4711'], '35.188.196.183'],
    ['IPv6 with a port', '::1', ['[2001:db8::17]:4711'], '2001:db8::17'],
    ['nonsense', '10.0.0.7', ['unknown'], ''],
    ['nonsense further left', '10.0.0.7', ['35.188.196.183, ?'], ''],
    ['only proxies', '10.0.0.7', ['10.0.0.8, 10.0.0.9'], '10.0.0.8'],
    ['no header', '10.0.0.7', [], '10.0.0.7'],
  ])('%s', (_name, remote, forwarded, client) => {
    expect(allowlist.clientOf(remote, forwarded)).toBe(client);
  });
});
