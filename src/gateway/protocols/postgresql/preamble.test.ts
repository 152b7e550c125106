import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPreamble } from './preamble.ts';

const packet = (length: number, code: number, rest: Buffer | string = ''): Buffer => {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(length, 0);
  head.writeUInt32BE(code >>> 0, 4);
  return Buffer.concat([head, Buffer.from(rest)]);
};
const startup = (rest: string, version = 3 << 16): Buffer => packet(8 + Buffer.byteLength(rest), version, rest);
const problem = (bytes: Buffer): string => {
  const preamble = readPreamble(bytes);
  assert.equal(preamble.kind, 'invalid');
  return preamble.kind === 'invalid' ? preamble.problem : '';
};

test('what psql 15 sends: SSLRequest, then a startup packet with its options as they were written', () => {
  assert.deepEqual(readPreamble(Buffer.from('0000000804d2162f', 'hex')), { kind: 'ssl-request', size: 8 });
  const bytes = Buffer.from('00000063000300007573657200616e6e006461746162617365006f7264657273006f7074696f6e7300656e64706f696e743d616e6e2d6f7264657273202d63207365617263685f706174'
    + '683d78006170706c69636174696f6e5f6e616d6500c3a40000', 'hex');
  assert.deepEqual(readPreamble(bytes), {
    kind: 'startup', version: { major: 3, minor: 0 }, size: 0x63,
    parameters: new Map([['user', 'ann'], ['database', 'orders'], ['options', 'endpoint=ann-orders -c search_path=x'], ['application_name', 'Ã¤']]),
  });
  assert.equal(Buffer.from('Ã¤', 'latin1').toString(), 'ä');
});

test('what psql 15 sends on Ctrl-C', () => {
  assert.deepEqual(readPreamble(Buffer.from('0000001004d2162e000073d67a7008aa', 'hex')), { kind: 'cancel-request', processId: 0x73d6, key: Buffer.from('7a7008aa', 'hex'), size: 16 });
});

test('GSSENCRequest', () => {
  assert.deepEqual(readPreamble(packet(8, 80877104)), { kind: 'gss-request', size: 8 });
});

test('a TLS record is one by its first byte', () => {
  assert.deepEqual(readPreamble(Buffer.from([0x16])), { kind: 'tls' });
});

test('keys of a cancel request are 4 to 256 bytes, and others are refused before they are there', () => {
  for (const length of [4, 32, 256]) {
    const key = Buffer.alloc(length, 7);
    assert.deepEqual(readPreamble(packet(12 + length, 80877102, Buffer.concat([Buffer.from([255, 255, 255, 255]), key]))), { kind: 'cancel-request', processId: -1, key, size: 12 + length });
  }
  for (const length of [-4, 0, 3, 257, 5000]) assert.match(problem(packet(12 + length, 80877102)), /cancel request/);
});

test('a key does not change with the bytes that it came in', () => {
  const bytes = packet(16, 80877102, 'aaaabbbb');
  const preamble = readPreamble(bytes);
  bytes.fill(0);
  assert.ok(preamble.kind === 'cancel-request' && preamble.key.toString() === 'bbbb');
});

test('bytes behind the packet are left alone', () => {
  for (const packetBytes of [packet(8, 80877103), packet(16, 80877102, 'aaaabbbb'), startup('user\0ann\0\0')]) {
    const preamble = readPreamble(Buffer.concat([packetBytes, Buffer.from('more')]));
    assert.ok('size' in preamble && preamble.size === packetBytes.length);
  }
});

test('parameters: none, empty values, and the last of two with the same name', () => {
  const parameters = (rest: string): [string, string][] => {
    const preamble = readPreamble(startup(rest));
    assert.equal(preamble.kind, 'startup', rest);
    return preamble.kind === 'startup' ? [...preamble.parameters] : [];
  };
  assert.deepEqual(parameters('\0'), []);
  assert.deepEqual(parameters('a\0\0\0'), [['a', '']]);
  assert.deepEqual(parameters('user\0a\0database\0d\0user\0b\0\0'), [['user', 'b'], ['database', 'd']]);
  assert.deepEqual(parameters('__proto__\0x\0\0'), [['__proto__', 'x']]);
});

test('a packet without its zeros is refused, as PostgreSQL does (and where it overlooks the last)', () => {
  for (const rest of ['', 'x', 'user\0ann\0', 'user\0ann', 'user\0\0', '\0\0', 'user\0ann\0\0\0', 'user\0ann\0\0x', 'user\0ann\0x\0']) assert.match(problem(startup(rest)), /not well-formed/, JSON.stringify(rest));
});

test('protocol 3.2 and later are read; of another major version only that', () => {
  assert.deepEqual(readPreamble(startup('user\0ann\0\0', (3 << 16) + 9999)), { kind: 'startup', version: { major: 3, minor: 9999 }, parameters: new Map([['user', 'ann']]), size: 18 });
  assert.deepEqual(readPreamble(startup('whatever', 2 << 16)), { kind: 'startup', version: { major: 2, minor: 0 }, parameters: new Map(), size: 16 });
});

test('a length beyond 10,000 is refused with the four bytes that say so', () => {
  assert.deepEqual(readPreamble(Buffer.from([0, 0, 0x27, 0x10])), { kind: 'incomplete' });
  assert.match(problem(Buffer.from([0, 0, 0x27, 0x11])), /10001 bytes long/);
  const name = 'x'.repeat(10_000 - 8 - 3);
  assert.equal(readPreamble(startup(`${name}\0\0\0`)).kind, 'startup');
});

test('a request for encryption has nothing behind its code', () => {
  for (const code of [80877103, 80877104]) assert.match(problem(packet(9, code)), /wrong length/);
});

test('other protocols are told so by the first byte', () => {
  const said = ['GET / HTTP/1.1\r\n', '*1\r\n$4\r\nPING\r\n', 'PING\r\n', 'SSH-2.0-x\r\n', '\x80\x2e\x01'].map((text) => {
    const all = Buffer.from(text, 'latin1');
    assert.deepEqual(readPreamble(all), readPreamble(all.subarray(0, 1)));
    return problem(all);
  });
  assert.match(said[0] ?? '', /looks like HTTP/);
  assert.match(said[1] ?? '', /looks like Redis/);
  for (const text of said) assert.match(text, /not its protocol/);
  assert.match(problem(Buffer.from([0, 0, 0, 7])), /not its protocol/);
});
