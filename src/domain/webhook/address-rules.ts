/*
 * Which addresses a webhook may lead to. Whoever can make one chooses where this machine sends a request, so everything is refused that is
 * not on the public internet, in whatever form it is written: what stands in the way of a stranger outside does not stand in ours.
 */

interface Range {
  readonly base: bigint;
  readonly bits: number;
}
type Rule = readonly [range: Range, what: string];

const V4_BITS = 96; // before an IPv4 address in ::ffff:0:0/96, where it is kept here
const MAPPED = 0xffffn << 32n;

/** https://www.iana.org/assignments/iana-ipv4-special-registry, and what clouds answer on. */
const REFUSED_V4: readonly Rule[] = rules({
  'an unspecified address': ['0.0.0.0/8'],
  'a loopback address': ['127.0.0.0/8'],
  'a cloud metadata address': ['169.254.169.254/32', '100.100.100.200/32', '168.63.129.16/32', '192.0.0.192/32'],
  'a link-local address': ['169.254.0.0/16'],
  'a private address': ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'],
  'a multicast address': ['224.0.0.0/4'],
  'a reserved address': ['192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '240.0.0.0/4'],
});

const REFUSED_V6: readonly Rule[] = rules({
  'an unspecified address': ['::/128'],
  'a loopback address': ['::1/128'],
  'a cloud metadata address': ['fd00:ec2::254/128', 'fe80::a9fe:a9fe/128'],
  'a link-local address': ['fe80::/10'],
  'a private address': ['fc00::/7', 'fec0::/10'],
  'a multicast address': ['ff00::/8'],
  'a reserved address': ['64:ff9b:1::/48', '2001::/23', '2001:db8::/32', '3fff::/20'],
});

/** Only these are given out to the public; a translator's prefix leads to IPv4. */
const PUBLIC_V6 = [range('2000::/3'), range('64:ff9b::/96')];

/** IPv6 addresses that lead to an IPv4 one: their range, and how many bits come after that. */
const EMBEDDING: readonly (readonly [Range, after: bigint])[] = [
  [range('::/96'), 0n], // IPv4-compatible
  [range('::ffff:0:0:0/96'), 0n], // translated
  [range('64:ff9b::/96'), 0n], // NAT64
  [range('2002::/16'), 80n], // 6to4
];

/**
 * What forbids to connect to an address, in words (`a private address`), or null.
 * @param address as a resolver or the URL parser gives it
 * @param allow addresses and ranges as parseAddressRange keeps them: permitted whatever they are
 * @param own addresses of this machine, public ones too: what listens there takes us for a neighbour
 */
export function addressProblem(address: string, allow: readonly string[], own: readonly string[] = []): string | null {
  const number = parseAddress(address);
  if (number === undefined) return 'no address that can be judged';
  const led = embedded(number);
  const allowed = allow.map(range);
  const forms = led === undefined ? [number] : [number, led];
  if (forms.some((form) => allowed.some((one) => sameFamily(one, form) && within(one, form)))) return null;
  const ours = own.map((text) => parseAddress(text.replace(/%.*$/, '')));
  if (forms.some((form) => ours.includes(form) && refusal(isV4(form) ? REFUSED_V4 : REFUSED_V6, form) === null)) return 'an address of this machine';
  if (led !== undefined) return refusal(REFUSED_V4, led) ?? (within(range('::/96'), number) || within(range('::ffff:0:0:0/96'), number) ? 'a reserved address' : null);
  if (isV4(number)) return refusal(REFUSED_V4, number);
  return refusal(REFUSED_V6, number) ?? (PUBLIC_V6.some((one) => within(one, number)) ? null : 'a reserved address');
}

/** An IPv4 address as its mapped IPv6 one; undefined: none. A zone (`%eth0`) is none: it only means something on one link. */
function parseAddress(text: string): bigint | undefined {
  const dotted = /^(?<head>.*:)?(?<v4>\d{1,3}(?:\.\d{1,3}){3})$/.exec(text)?.groups;
  if (dotted !== undefined) {
    const octets = (dotted['v4'] ?? '').split('.').map(Number);
    if (octets.some((octet) => octet > 255)) return undefined;
    const groups = [0, 2].map((at) => ((octets[at] ?? 0) * 256 + (octets[at + 1] ?? 0)).toString(16));
    return dotted['head'] === undefined ? parseAddress(`::ffff:${groups.join(':')}`) : parseAddress(dotted['head'] + groups.join(':'));
  }
  const [head = '', tail, ...rest] = text.toLowerCase().split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const missing = 8 - before.length - after.length;
  if (rest.length > 0 || (tail === undefined ? missing !== 0 : missing < 1)) return undefined;
  const groups = [...before, ...Array.from({ length: missing }, () => '0'), ...after];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/.test(group))) return undefined;
  return groups.reduce((number, group) => (number << 16n) | BigInt(`0x${group}`), 0n);
}

/** @param text valid: an address or a range in the CIDR form, IPv4 or IPv6 */
function range(text: string): Range {
  const [address = '', prefix] = text.split('/');
  const base = parseAddress(address) ?? 0n;
  const bits = prefix === undefined ? 128 : Number(prefix) + (address.includes(':') ? 0 : V4_BITS);
  return { base, bits };
}

function rules(table: Readonly<Record<string, readonly string[]>>): Rule[] {
  return Object.entries(table).flatMap(([what, texts]) => texts.map((text) => [range(text), what] as const));
}

function within({ base, bits }: Range, address: bigint): boolean {
  const shift = BigInt(128 - bits);
  return address >> shift === base >> shift;
}

/** `::/0` means all of IPv6, not what IPv4 clients use besides. */
function sameFamily(one: Range, address: bigint): boolean {
  return !isV4(address) || (one.bits >= V4_BITS && isV4(one.base));
}

function isV4(address: bigint): boolean {
  return address >> 32n === MAPPED >> 32n;
}

function embedded(address: bigint): bigint | undefined {
  if (address < 2n) return undefined; // :: and ::1 are themselves
  const form = EMBEDDING.find(([one]) => within(one, address));
  return form === undefined ? undefined : MAPPED | ((address >> form[1]) & 0xffffffffn);
}

function refusal(table: readonly Rule[], address: bigint): string | null {
  return table.find(([one]) => within(one, address))?.[1] ?? null;
}
