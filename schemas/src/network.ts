import { isIP } from 'node:net';

/** An address with its network; a single address has all its bits. */
export type Network = {
  readonly address: string;
  readonly bits: number;
  readonly family: 'ipv4' | 'ipv6';
};

/** The family of an address as `net.BlockList` names it. */
export const familyOf = (address: string): Network['family'] =>
  isIP(address) === 6 ? 'ipv6' : 'ipv4';

/** An address as it is compared: IPv4 in IPv6 clothes undressed; '' when it is none. */
export function plainAddress(text: string): string {
  const address = text.trim().replace(/^\[(.*)\]$/, '$1');
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(address)?.[1] ?? address;
  return isIP(mapped) === 0 ? '' : mapped;
}

/** Reads `1.2.3.4`, `1.2.3.0/24` or `2001:db8::/32`; null when it is none. */
export function parseNetwork(entry: string): Network | null {
  const [text = '', prefix, ...more] = entry.split('/');
  const address = plainAddress(text);
  const family = familyOf(address);
  const bitsMax = family === 'ipv6' ? 128 : 32;
  const bits = prefix === undefined ? bitsMax : Number(prefix);
  const isSound =
    address !== '' && more.length === 0 && /^\d{0,3}$/.test(prefix ?? '0') && prefix !== '';
  return isSound && bits <= bitsMax ? { address, bits, family } : null;
}
