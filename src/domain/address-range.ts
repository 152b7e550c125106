const OCTET = '(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const IPV4 = new RegExp(`^${OCTET}(\\.${OCTET}){3}$`);

/** Bits before the IPv4 address in an IPv6 one that stands for it. */
const MAPPED_BITS = 96;

/**
 * An address or a range of addresses: `10.0.0.7`, `10.0.0.0/8`, `2001:db8::/32`.
 * @returns as it is kept (IPv6 in its short form, `::ffff:10.0.0.7` as the IPv4 address that such a client has), or undefined when it is none
 */
export function parseAddressRange(text: string): string | undefined {
  const [address = '', prefix, ...rest] = text.trim().toLowerCase().split('/');
  const plain = IPV4.test(address) ? address : ipv6(address);
  if (plain === undefined || rest.length > 0) return undefined;
  const mapped = mappedIpv4(plain);
  if (prefix === undefined) return mapped ?? plain;
  const bits = IPV4.test(plain) ? 32 : 128;
  if (!/^(0|[1-9]\d{0,2})$/.test(prefix) || Number(prefix) > bits) return undefined;
  return mapped !== undefined && Number(prefix) >= MAPPED_BITS ? `${mapped}/${String(Number(prefix) - MAPPED_BITS)}` : `${plain}/${prefix}`;
}

/** `::ffff:a00:7` -> `10.0.0.7`. */
function mappedIpv4(address: string): string | undefined {
  const groups = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(address)?.slice(1).map((group) => Number.parseInt(group, 16));
  return groups?.flatMap((group) => [group >> 8, group & 255]).join('.');
}

/** By the URL parser, which knows all ways to write one. */
function ipv6(text: string): string | undefined {
  if (!/^[0-9a-f:.]{2,45}$/.test(text) || !text.includes(':')) return undefined;
  const url = `http://[${text}]/`;
  return URL.canParse(url) ? new URL(url).hostname.slice(1, -1) : undefined;
}
