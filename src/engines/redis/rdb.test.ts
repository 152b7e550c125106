import assert from 'node:assert/strict';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { test } from 'node:test';
import { Crc64 } from './crc64.ts';
import { RdbCheck } from './rdb.ts';

function snapshot(body: Buffer, checksum = true): Buffer {
  const content = Buffer.concat([Buffer.from('REDIS0010'), body, Buffer.from([0xff])]);
  const crc = new Crc64();
  crc.update(content);
  const end = Buffer.alloc(8);
  if (checksum) end.writeBigUInt64LE(crc.digest());
  return Buffer.concat([content, end]);
}

async function check(bytes: Buffer, size: number): Promise<number> {
  const one = new RdbCheck();
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => bytes.subarray(index * size, (index + 1) * size));
  await pipeline(Readable.from(pieces), one, new Writable({ write: (_chunk, _encoding, done) => done() }));
  return one.bytes;
}

test('a snapshot is known by its head, its end and its checksum, however it is cut', async () => {
  const good = snapshot(Buffer.from('some keys and values'));
  for (const size of [1, 3, 8, 9, 1000]) {
    assert.equal(await check(good, size), good.length);
    assert.equal(await check(snapshot(Buffer.alloc(0)), size), 18);
    for (const bad of [
      good.subarray(0, -1), good.subarray(0, 20), Buffer.from('REDIS00'), Buffer.alloc(0), Buffer.concat([Buffer.from('RADIS0010'), good.subarray(9)]),
      Buffer.concat([good.subarray(0, 12), Buffer.from('X'), good.subarray(13)]), Buffer.concat([good, Buffer.from('more')]),
    ]) await assert.rejects(check(bad, size), { code: 'backup_damaged' });
  }
});

test('where the owner has switched the checksum off, the rest has to do', async () => {
  assert.equal(await check(snapshot(Buffer.from('keys'), false), 5), 22);
});
