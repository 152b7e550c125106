import { BlockList, isIP } from 'node:net';

/** `::ffff:1.2.3.4` -> `1.2.3.4`: an IPv4 client of a dual-stack listener is the same client. */
export function plainAddress(address: string): string {
  return address.toLowerCase().startsWith('::ffff:') && isIP(address.slice(7)) === 4 ? address.slice(7) : address;
}

/** Addresses and ranges (`10.0.0.0/8`, `2001:db8::/32`, `192.0.2.7`) that were validated before. */
export function addressSet(ranges: readonly string[]): { has(address: string): boolean } {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', prefix] = range.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return { has: (address) => list.check(plainAddress(address), isIP(plainAddress(address)) === 6 ? 'ipv6' : 'ipv4') };
}
