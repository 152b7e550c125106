import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { authenticationCode, BackendReader, encodeKeyData, readErrorFields, readKeyData } from './backend-messages.ts';

/** PostgreSQL 15.18 from AuthenticationOk to ReadyForQuery, to psql; two of its parameters left out. */
const LOGIN = Buffer.from('520000000800000000530000001a6170706c69636174696f6e5f6e616d65007073716c005300000019636c69656e745f656e636f64696e670055544638005300000019736572766572'
  + '5f76657273696f6e0031352e3138004b0000000c000073cc5c6b30865a0000000549', 'hex');
/** The same server on a wrong password. */
const REFUSED = Buffer.from('450000006753464154414c0056464154414c00433238503031004d70617373776f72642061757468656e7469636174696f6e206661696c656420666f722075736572202264626d616b657222'
  + '0046617574682e63004c3333370052617574685f6661696c65640000', 'hex');

const message = (type: string, body: Buffer): Buffer => {
  const head = Buffer.alloc(5);
  head.write(type, 'latin1');
  head.writeUInt32BE(4 + body.length, 1);
  return Buffer.concat([head, body]);
};

/** What is read of the chunks, and what is left. */
function readAll(chunks: readonly Buffer[]): { messages: { type: string; body: string }[]; rest: string; problem: string | null } {
  const reader = new BackendReader();
  const messages: { type: string; body: string }[] = [];
  for (const chunk of chunks) {
    reader.push(chunk);
    for (let next = reader.next(); next !== null; next = reader.next()) messages.push({ type: next.type, body: next.body.toString('hex') });
  }
  return { messages, rest: reader.rest().toString('hex'), problem: reader.problem };
}

test('a login of a real server, in every two pieces and byte by byte', () => {
  const whole = readAll([LOGIN]);
  assert.equal(whole.messages.map(({ type }) => type).join(''), 'RSSSKZ');
  for (let cut = 0; cut <= LOGIN.length; cut += 1) assert.deepEqual(readAll([LOGIN.subarray(0, cut), LOGIN.subarray(cut)]), whole);
  assert.deepEqual(readAll(Array.from(LOGIN, (byte) => Buffer.from([byte]))), whole);
});

test('any messages in any pieces, and nothing of them changes later', () => {
  const body = fc.oneof(fc.uint8Array({ maxLength: 30 }), fc.integer({ min: 1000, max: 5000 }).map((size) => Buffer.alloc(size, 5)));
  const sizes = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 8 });
  fc.assert(fc.property(fc.array(fc.tuple(fc.constantFrom('R', 'S', 'N', 'E'), body), { maxLength: 20 }), sizes, (sent, cuts) => {
    const bytes = Buffer.concat(sent.map(([type, content]) => message(type, Buffer.from(content))));
    const reader = new BackendReader();
    const read: Buffer[] = [];
    for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
      const size = cuts[turn % cuts.length] ?? 1;
      reader.push(Buffer.from(bytes.subarray(at, at + size)));
      at += size;
      for (let next = reader.next(); next !== null; next = reader.next()) read.push(next.bytes);
    }
    assert.deepEqual(Buffer.concat(read), bytes);
    assert.equal(read.length, sent.length);
  }));
});

test('a message that came in one piece is not copied, and what follows ReadyForQuery is left', () => {
  const chunk = Buffer.concat([LOGIN, Buffer.from('T')]);
  const reader = new BackendReader();
  reader.push(chunk);
  assert.equal(reader.next()?.bytes.buffer, chunk.buffer);
  while (reader.next() !== null);
  assert.equal(reader.rest().toString(), 'T');
});

test('a message of 1 MiB comes through byte by byte in linear time; one byte more is refused by its header', () => {
  const large = message('N', Buffer.alloc(1024 * 1024 - 4, 1));
  const reader = new BackendReader();
  for (let at = 0; at < large.length; at += 1) {
    assert.equal(reader.next(), null);
    reader.push(large.subarray(at, at + 1));
  }
  assert.equal(reader.next()?.bytes.length, large.length);
  const { problem } = readAll([Buffer.from([0x4e, 0, 0x10, 0, 1])]);
  assert.match(problem ?? '', /not a message/);
});

test('a length below 4, text, and all that comes after are no messages', () => {
  for (const bytes of [Buffer.from([0x52, 0, 0, 0, 3]), Buffer.from('Ecould not fork new process\n'), Buffer.from('-ERR no\r\n')]) {
    assert.deepEqual(readAll([bytes, LOGIN]).messages, []);
    assert.match(readAll([bytes, LOGIN]).problem ?? '', /not a message/);
  }
});

test('bodies: authentication, key, error fields', () => {
  assert.equal(authenticationCode(Buffer.from([0, 0, 0, 10, 1])), 10);
  assert.equal(authenticationCode(Buffer.from([0, 0, 0])), null);
  assert.deepEqual(readKeyData(Buffer.from('000073cc5c6b3086', 'hex')), { processId: 0x73cc, key: Buffer.from('5c6b3086', 'hex') });
  for (const length of [0, 4, 7, 261]) assert.equal(readKeyData(Buffer.alloc(length)), null);
  const fields = readErrorFields(REFUSED.subarray(5));
  assert.equal(fields.get('C'), '28P01');
  assert.equal(fields.get('M'), 'password authentication failed for user "dbmaker"');
  assert.deepEqual([...readErrorFields(Buffer.from('Mcut off'))], []);
  assert.deepEqual([...readErrorFields(Buffer.from('MA\0Cx'))], [['M', 'A']]);
});

test('a key of any length goes in and out', () => {
  fc.assert(fc.property(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), fc.uint8Array({ minLength: 4, maxLength: 256 }), (processId, bytes) => {
    const reader = new BackendReader();
    reader.push(encodeKeyData(processId, Buffer.from(bytes)));
    const next = reader.next();
    assert.ok(next?.type === 'K' && reader.rest().length === 0);
    assert.deepEqual(readKeyData(next.body), { processId, key: Buffer.from(bytes) });
  }));
});
