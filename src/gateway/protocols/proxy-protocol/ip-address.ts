import { isIP, SocketAddress } from 'node:net';

const MAPPED = '::ffff:';

/** The address as everybody writes it, and as IPv4 if it is one within IPv6 (RFC 4291, 2.5.5.2). null: not an address of this family. */
export function plainIp(text: string, family: 4 | 6): string | null {
  // A zone (fe80::1%eth0) means something on the machine of the load balancer only.
  if (isIP(text) !== family || text.includes('%')) return null;
  if (family === 4) return text;
  const { address } = new SocketAddress({ address: text, family: 'ipv6' });
  return address.startsWith(MAPPED) && isIP(address.slice(MAPPED.length)) === 4 ? address.slice(MAPPED.length) : address;
}
