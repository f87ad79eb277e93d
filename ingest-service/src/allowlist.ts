import { BlockList } from 'node:net';
import { familyOf, parseNetwork, plainAddress } from '@landed/schemas/network';

export type AllowlistMode = 'off' | 'log' | 'enforce';

/** Adds addresses and networks to a list. @returns the entries that are none */
export function addNetworks(list: BlockList, entries: readonly string[]): readonly string[] {
  const malformed: string[] = [];
  for (const entry of entries) {
    const network = parseNetwork(entry);
    if (network === null) malformed.push(entry);
    else list.addSubnet(network.address, network.bits, network.family);
  }
  return malformed;
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
  return { list, malformed: addNetworks(list, entries) };
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
