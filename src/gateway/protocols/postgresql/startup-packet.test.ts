import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readPreamble } from './preamble.ts';
import { encodeStartup } from './startup-packet.ts';

/** Any bytes but zero, as latin1. */
const text = (minLength: number): fc.Arbitrary<string> => fc.array(fc.integer({ min: 1, max: 255 }), { minLength, maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
const pairs = fc.uniqueArray(fc.tuple(text(1), text(0)), { maxLength: 20, selector: ([name]) => name });
const minor = fc.integer({ min: 0, max: 0xffff });

test('what was read is written again byte by byte, whatever the encoding of its texts', () => {
  fc.assert(fc.property(pairs, minor, (parameters, version) => {
    const bytes = encodeStartup({ major: 3, minor: version }, new Map(parameters));
    const read = readPreamble(bytes);
    assert.ok(read.kind === 'startup');
    assert.deepEqual([...read.parameters], parameters);
    assert.deepEqual(read.version, { major: 3, minor: version });
    assert.deepEqual(encodeStartup(read.version, read.parameters), bytes);
  }));
});

test('what node-postgres, postgres.js and psql send comes out as it came', () => {
  const sent = [
    '00000053000300007573657200616e6e006461746162617365006f7264657273006f7074696f6e7300656e64706f696e743d616e6e2d6f726465727300636c69656e745f656e636f64696e6700555446380000',
    '00000070000300007573657200616e6e006461746162617365006f726465727300636c69656e745f656e636f64696e670055544638006170706c69636174696f6e5f6e616d6500706f7374677265732e6a73006f7074696f6e7300'
      + '656e64706f696e743d616e6e2d6f72646572730000',
    '00000038000300007573657200616e6e006461746162617365006f7264657273006170706c69636174696f6e5f6e616d65007073716c0000',
  ];
  for (const bytes of sent.map((hex) => Buffer.from(hex, 'hex'))) {
    const read = readPreamble(bytes);
    assert.ok(read.kind === 'startup');
    assert.deepEqual(encodeStartup(read.version, read.parameters), bytes);
  }
});
