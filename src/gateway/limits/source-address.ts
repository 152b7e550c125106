import { BlockList, isIP } from 'node:net';

/** `::ffff:1.2.3.4` -> `1.2.3.4`: an IPv4 client of a dual-stack listener is the same client. */
export function plainAddress(address: string): string {
  return address.toLowerCase().startsWith('::ffff:') && isIP(address.slice(7)) === 4 ? address.slice(7) : address;
}

/** Whose limits an address counts for: IPv6 networks are given out as /64, so whoever has one address has 2^64 of them. `address`: plain. */
export function limitKey(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head = '', tail] = address.replace(/%.*$/, '').split('::');
  const groups = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':').flatMap((group) => (group.includes('.') ? ['0', '0'] : group)); // the last 32 bits may be written as IPv4
  const zeros = tail === undefined ? 0 : 8 - groups.length - after.length;
  const all = [...groups, ...new Array<string>(Math.max(0, zeros)).fill('0'), ...after];
  return `${all.slice(0, 4).map((group) => parseInt(group, 16).toString(16)).join(':')}::/64`;
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
