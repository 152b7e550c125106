import assert from 'node:assert/strict';
import { BlockList } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { addressProblem } from './address-rules.ts';

/** Independent of the code under test: Node's own list. */
const REFUSED = new BlockList();
for (const [address, bits] of [
  ['0.0.0.0', 8], ['10.0.0.0', 8], ['100.64.0.0', 10], ['127.0.0.0', 8], ['169.254.0.0', 16], ['172.16.0.0', 12], ['192.0.0.0', 24], ['192.0.2.0', 24], ['192.88.99.0', 24],
  ['192.168.0.0', 16], ['198.18.0.0', 15], ['198.51.100.0', 24], ['203.0.113.0', 24], ['224.0.0.0', 3], ['168.63.129.16', 32],
] as const) REFUSED.addSubnet(address, bits, 'ipv4');

const ipv4 = fc.oneof(
  fc.ipV4(),
  // Near the borders, where mistakes are made.
  fc.constantFrom('9.255.255.255', '10.0.0.0', '10.255.255.255', '11.0.0.0', '100.63.255.255', '100.64.0.0', '100.127.255.255', '100.128.0.0', '126.255.255.255', '127.0.0.1', '128.0.0.0',
    '169.253.255.255', '169.254.169.254', '169.255.0.0', '172.15.255.255', '172.16.0.0', '172.31.255.255', '172.32.0.0', '192.167.255.255', '192.168.0.0', '192.169.0.0', '223.255.255.255',
    '224.0.0.0', '239.255.255.255', '255.255.255.255', '0.0.0.0', '1.0.0.0', '198.17.255.255', '198.18.0.0', '198.19.255.255', '198.20.0.0', '168.63.129.15', '168.63.129.16', '168.63.129.17'),
);

/** The ways to write an IPv4 address as an IPv6 one that leads to it. */
function forms(address: string): string[] {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
  const [high, low] = [(a * 256 + b).toString(16), (c * 256 + d).toString(16)];
  return [`::ffff:${address}`, `::ffff:${high}:${low}`, `0:0:0:0:0:FFFF:${high}:${low}`, `64:ff9b::${address}`, `64:ff9b::${high}:${low}`, `2002:${high}:${low}::`, `2002:${high}:${low}:1234::5678`];
}

test('an IPv4 address is refused exactly when it is not public, in every form that leads to it', () => {
  fc.assert(fc.property(ipv4, (address) => {
    const refused = REFUSED.check(address, 'ipv4');
    for (const form of [address, ...forms(address)]) assert.equal(addressProblem(form, []) !== null, refused, form);
  }), { numRuns: 2000 });
});

test('forms that only ever lead to IPv4 inside are refused whatever they hold', () => {
  fc.assert(fc.property(ipv4, (address) => {
    for (const form of [`::${address}`, `::ffff:0:${address}`, `64:ff9b:1::${address}`]) assert.notEqual(addressProblem(form, []), null, form);
  }));
});

test('of IPv6 only what is given out to the public passes', () => {
  fc.assert(fc.property(fc.ipV6(), (address) => {
    const groups = new URL(`http://[${address}]/`).hostname.slice(1, -1);
    const first = groups.startsWith('::') ? 0 : parseInt(groups, 16);
    if (addressProblem(address, []) !== null) return;
    assert.ok((first >= 0x2000 && first <= 0x3fff) || groups.startsWith('64:ff9b:') || groups.startsWith('::ffff:'), address);
  }), { numRuns: 2000 });
  for (const address of ['2606:4700:4700::1111', '2a00:1450:4001:81b::200e', '2400:cb00::1', '::ffff:1.1.1.1', '64:ff9b::1.1.1.1']) assert.equal(addressProblem(address, []), null, address);
});

test('what is refused is said by its kind', () => {
  const cases: Record<string, string[]> = {
    'a loopback address': ['127.0.0.1', '127.255.255.254', '::1', '::ffff:127.0.0.1', '64:ff9b::7f00:1', '2002:7f00:1::', '::127.0.0.1'],
    'a private address': ['10.1.2.3', '172.20.0.1', '192.168.1.1', '100.64.0.1', 'fc00::1', 'fdff::1', 'fec0::1', '::ffff:10.0.0.1'],
    'a link-local address': ['169.254.1.1', 'fe80::1', 'febf::1'],
    'a cloud metadata address': ['169.254.169.254', '::ffff:169.254.169.254', '64:ff9b::a9fe:a9fe', 'fd00:ec2::254', '100.100.100.200', '168.63.129.16', '192.0.0.192'],
    'a multicast address': ['224.0.0.1', '239.1.1.1', 'ff02::1', 'ff0e::1'],
    'an unspecified address': ['0.0.0.0', '0.1.2.3', '::', '::ffff:0.0.0.0'],
    'a reserved address': ['255.255.255.255', '240.0.0.1', '192.0.2.1', '2001:db8::1', '2001::1', '3fff::1', '100::1', '4000::1', '::2:3:4'],
    'no address that can be judged': ['', 'localhost', '1.2.3', '1.2.3.4.5', '256.1.1.1', 'fe80::1%eth0', '1::2::3', ':', ':::', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '12345::', 'g::'],
  };
  for (const [what, addresses] of Object.entries(cases)) for (const address of addresses) assert.equal(addressProblem(address, []), what, address);
});

test('an admin can allow addresses and ranges, those and no others', () => {
  const allow = ['10.1.0.0/16', '127.0.0.1', 'fd12::/16'];
  for (const address of ['10.1.2.3', '::ffff:10.1.2.3', '64:ff9b::10.1.2.3', '127.0.0.1', 'fd12::7', '1.1.1.1']) assert.equal(addressProblem(address, allow), null, address);
  for (const address of ['10.2.0.1', '127.0.0.2', 'fd13::7', '::1', '169.254.169.254']) assert.notEqual(addressProblem(address, allow), null, address);
  assert.equal(addressProblem('fe80::1', ['::/0']), null);
  for (const address of ['127.0.0.1', '::ffff:127.0.0.1']) assert.notEqual(addressProblem(address, ['::/0']), null, 'all of IPv6 is not IPv4');
  assert.equal(addressProblem('::ffff:127.0.0.1', ['0.0.0.0/0']), null);
  assert.notEqual(addressProblem('fd12::7', ['0.0.0.0/0']), null);
  assert.notEqual(addressProblem('not an address', ['0.0.0.0/0', '::/0']), null);
});
