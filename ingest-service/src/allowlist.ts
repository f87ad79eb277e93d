import { BlockList, isIP } from 'node:net';

export type AllowlistMode = 'off' | 'log' | 'enforce';

/** The family of an address as `net.BlockList` names it. */
export const familyOf = (address: string): 'ipv4' | 'ipv6' =>
  isIP(address) === 6 ? 'ipv6' : 'ipv4';

/** An address as it is compared: IPv4 in IPv6 clothes undressed; '' when it is none. */
export function plainAddress(text: string): string {
  const address = text.trim().replace(/^\[(.*)\]$/, '$1');
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(address)?.[1] ?? address;
  return isIP(mapped) === 0 ? '' : mapped;
}

/**
 * Parses a CIDR list.
 *
 * @param entries `1.2.3.4`, `1.2.3.0/24`, `2001:db8::/32`
 * @returns the list, and the entries that are none
 */
export function parseCidrs(entries: readonly string[]): {
  readonly list: BlockList;
  readonly malformed: readonly string[];
} {
  const list = new BlockList();
  const malformed: string[] = [];
  for (const entry of entries) {
    const [text = '', prefix, ...more] = entry.split('/');
    const address = plainAddress(text);
    const bitsMax = familyOf(address) === 'ipv6' ? 128 : 32;
    const bits = prefix === undefined ? bitsMax : Number(prefix);
    const isSound =
      address !== '' && more.length === 0 && /^\d{0,3}$/.test(prefix ?? '0') && prefix !== '';
    if (!isSound || bits > bitsMax) malformed.push(entry);
    else list.addSubnet(address, bits, familyOf(address));
  }
  return { list, malformed };
}

export type Allowlist = {
  readonly mode: AllowlistMode;
  /** The address the request came from, as far as proxies can be trusted; '' when unknown. */
  readonly clientOf: (remoteAddress: string, forwardedFor: readonly string[]) => string;
  readonly isListed: (client: string) => boolean;
};

/**
 * A list of networks that may call. A second lock, never instead of the signature: the sender's
 * published lists drift, and a wrong refusal costs an hour.
 *
 * @param trustedProxies whose X-Forwarded-For is believed, by address
 */
export function createAllowlist(
  mode: AllowlistMode,
  networks: BlockList,
  trustedProxies: BlockList,
): Allowlist {
  const isTrusted = (address: string): boolean =>
    address !== '' && trustedProxies.check(address, familyOf(address));
  return {
    mode,
    clientOf: (remoteAddress, forwardedFor) => {
      let client = plainAddress(remoteAddress);
      const hops = forwardedFor.join(',').split(',');
      // From the nearest proxy outwards: the first that is no proxy of ours is the client. What
      // stands further left was written by whoever wanted to.
      while (isTrusted(client) && hops.length > 0) {
        const hop = (hops.pop() ?? '').trim();
        if (hop === '') continue;
        client = plainAddress(hop.replace(/^([\d.]+):\d+$/, '$1').replace(/^(\[.*\]):\d+$/, '$1'));
      }
      return client;
    },
    isListed: (client) => client !== '' && networks.check(client, familyOf(client)),
  };
}
