import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readProxyHeader } from './read.ts';
import { V2_SIGNATURE } from './v2.ts';

const read = (text: string): ReturnType<typeof readProxyHeader> => readProxyHeader(Buffer.from(text, 'latin1'));
const hex = (text: string): ReturnType<typeof readProxyHeader> => readProxyHeader(Buffer.from(text, 'hex'));
const v2 = (command: number, family: number, rest: Uint8Array, length = rest.length): Buffer => Buffer.concat([V2_SIGNATURE, Buffer.from([command, family, length >> 8, length & 0xff]), rest]);

test('what HAProxy 2.6 sends, versions 1 and 2, IPv4 and IPv6', () => {
  const size = 'PROXY TCP4 127.0.0.1 127.0.0.1 40820 39121\r\n'.length;
  assert.deepEqual(read('PROXY TCP4 127.0.0.1 127.0.0.1 40820 39121\r\nGET /'), { kind: 'proxied', source: { address: '127.0.0.1', port: 40820 }, destination: { address: '127.0.0.1', port: 39121 }, size });
  assert.deepEqual(read('PROXY TCP6 ::1 ::1 33742 39125\r\n'), { kind: 'proxied', source: { address: '::1', port: 33742 }, destination: { address: '::1', port: 39125 }, size: 32 });
  // with a checksum and a unique id behind the addresses, then GET
  const withTlvs = hex('0d0a0d0a000d0a515549540a211100197f0000017f00000184a498d2030004f4a157f1050003616263474554');
  assert.deepEqual(withTlvs, { kind: 'proxied', source: { address: '127.0.0.1', port: 33956 }, destination: { address: '127.0.0.1', port: 39122 }, size: 41 });
  const six = hex('0d0a0d0a000d0a515549540a212100240000000000000000000000000000000100000000000000000000000000000001a5f698d4');
  assert.deepEqual(six, { kind: 'proxied', source: { address: '::1', port: 42486 }, destination: { address: '::1', port: 39124 }, size: 52 });
});

test('an IPv4 client of a listener for both is the IPv4 address that it is', () => {
  const mapped = hex('0d0a0d0a000d0a515549540a2121002400000000000000000000ffff7f00000100000000000000000000ffff7f00000194aa98d6');
  assert.deepEqual(mapped, { kind: 'proxied', source: { address: '127.0.0.1', port: 38058 }, destination: { address: '127.0.0.1', port: 39126 }, size: 52 });
  for (const address of ['::ffff:192.0.2.1', '::FFFF:c000:201', '0:0:0:0:0:ffff:192.0.2.1']) {
    const header = read(`PROXY TCP6 ${address} 2001:DB8:0:0:0:0:0:1 1 2\r\n`);
    assert.ok(header.kind === 'proxied');
    assert.equal(header.source.address, '192.0.2.1');
    assert.equal(header.destination.address, '2001:db8::1');
  }
});

test('a load balancer that speaks for itself', () => {
  assert.deepEqual(read('PROXY UNKNOWN\r\nrest'), { kind: 'local', size: 15 });
  assert.deepEqual(read('PROXY UNKNOWN ::1 what ever\n\r\n'), { kind: 'local', size: 30 });
  assert.deepEqual(hex('0d0a0d0a000d0a515549540a20000000'), { kind: 'local', size: 16 });
  for (const [command, family] of [[0x20, 0xff], [0x21, 0x00], [0x21, 0x31], [0x21, 0x32], [0x21, 0x12], [0x21, 0x22], [0x21, 0x10]] as const) {
    assert.deepEqual(readProxyHeader(v2(command, family, Buffer.alloc(9))), { kind: 'local', size: 25 });
  }
});

test('what is no header is known by the first byte that differs', () => {
  for (const text of ['GET / HTTP/1.1', '*1\r\n', 'PING\r\n', 'PROXY\t', 'PROXYX', 'proxy ', '\0\0\0\x08', '\x16\x03', '\r\n\r\n\0\r\nQUIT\r']) assert.deepEqual(read(text), { kind: 'none' }, JSON.stringify(text));
  for (const text of ['', 'P', 'PROXY', 'PROXY ', '\r', '\r\n\r\n\0\r\nQUIT']) assert.deepEqual(read(text), { kind: 'incomplete' }, JSON.stringify(text));
});

test('version 1: anything but the words, the addresses and the single spaces of the specification is refused', () => {
  const bad = [
    'TCP4 1.2.3.4 1.2.3.4 1', 'TCP4 1.2.3.4 1.2.3.4 1 2 3', 'TCP4  1.2.3.4 1.2.3.4 1 2', 'TCP4 1.2.3.4 1.2.3.4 1 2 ', 'TCP4 01.2.3.4 1.2.3.4 1 2', 'TCP4 ::1 ::1 1 2', 'TCP6 1.2.3.4 1.2.3.4 1 2',
    'TCP4 1.2.3.4 1.2.3.4 01 2', 'TCP4 1.2.3.4 1.2.3.4 65536 2', 'TCP4 1.2.3.4 1.2.3.4 -1 2', 'TCP4 1.2.3.4 1.2.3.4 1 2\n', 'TCP6 fe80::1%lo fe80::1 1 2', 'UDP4 1.2.3.4 1.2.3.4 1 2', 'tcp4 1.2.3.4 1.2.3.4 1 2', '', 'UNKNOWN2',
  ];
  for (const line of bad) assert.equal(read(`PROXY ${line}\r\n`).kind, 'invalid', line);
  assert.equal(read(`PROXY UNKNOWN ${'x'.repeat(107 - 16)}\r\n`).kind, 'local');
  assert.equal(read(`PROXY UNKNOWN ${'x'.repeat(108 - 16)}\r\n`).kind, 'invalid');
  assert.equal(read(`PROXY ${'x'.repeat(101)}`).kind, 'invalid');
});

test('version 2: wrong versions, commands, families and lengths are refused as soon as they are there', () => {
  const head = V2_SIGNATURE.toString('latin1');
  for (const rest of ['\x11', '\x31', '\x22', '\x21\x41', '\x21\x13', '\x21\x11\x0f\xf1', '\x21\x11\x00\x0b', '\x21\x21\x00\x23']) assert.equal(read(head + rest).kind, 'invalid', JSON.stringify(rest));
  assert.equal(readProxyHeader(v2(0x21, 0x11, Buffer.alloc(4080))).kind, 'proxied');
});

test('any addresses and ports of version 2 come out, and its size with any TLVs', () => {
  const port = fc.integer({ min: 0, max: 65535 });
  fc.assert(fc.property(fc.tuple(fc.ipV4(), fc.ipV4(), port, port), fc.uint8Array({ maxLength: 50 }), fc.uint8Array({ maxLength: 20 }), ([source, destination, from, to], tlvs, after) => {
    const ports = Buffer.alloc(4);
    ports.writeUInt16BE(from, 0);
    ports.writeUInt16BE(to, 2);
    const bytes = v2(0x21, 0x11, Buffer.concat([Buffer.from([...source.split('.'), ...destination.split('.')].map(Number)), ports, tlvs]));
    const expected = { kind: 'proxied', source: { address: source, port: from }, destination: { address: destination, port: to }, size: bytes.length };
    assert.deepEqual(readProxyHeader(Buffer.concat([bytes, after])), expected);
    const line = `PROXY TCP4 ${source} ${destination} ${String(from)} ${String(to)}\r\n`;
    assert.deepEqual(read(line + Buffer.from(after).toString('latin1')), { ...expected, size: line.length });
  }));
});
