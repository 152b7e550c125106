import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { isDbmakerError } from '../domain/errors.ts';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { failure } from '../../test/support/store.ts';
import { temporaryDirectory } from '../../test/support/tmp.ts';
import { openSecretBox, openStore, verifySecretBox } from './index.ts';

const key = randomBytes(32).toString('base64');
const unreadable = (error: unknown): boolean => isDbmakerError(error, 'secret_unreadable');

describe('secret box', () => {
  test('opens what it sealed, in its context only, and never seals twice to the same', async () => {
    const box = await openSecretBox({ home: '/nonexistent', key });
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), fc.string(), fc.string(), (plain, context, other) => {
      const sealed = box.seal(plain, context);
      assert.equal(box.open(sealed, context), plain);
      assert.notEqual(box.seal(plain, context), sealed);
      assert.match(sealed, /^v1\.[\w-]{16}\.[\w-]*\.[\w-]{22}$/);
      if (other !== context) assert.throws(() => box.open(sealed, other), unreadable);
    }), { numRuns: 50 });
  });

  test('refuses another key and any text that was changed', async () => {
    const box = await openSecretBox({ home: '/nonexistent', key });
    const sealed = box.seal('secret', 'context');
    const other = await openSecretBox({ home: '/nonexistent', key: randomBytes(32).toString('base64') });
    assert.throws(() => other.open(sealed, 'context'), unreadable);
    const [version, nonce, text, tag] = sealed.split('.') as [string, string, string, string];
    const flip = (part: string): string => (part.startsWith('A') ? `B${part.slice(1)}` : `A${part.slice(1)}`);
    for (const changed of [
      '', 'plain', `v2.${nonce}.${text}.${tag}`, [version, flip(nonce), text, tag].join('.'), [version, nonce, flip(text), tag].join('.'),
      [version, nonce, text, flip(tag)].join('.'), [version, nonce, text, tag.slice(0, 6)].join('.'), [version, nonce, text].join('.'), `${sealed}.x`,
    ]) assert.throws(() => box.open(changed, 'context'), unreadable, changed);
  });

  test('a key that is not 32 bytes is refused', async () => {
    await failure(openSecretBox({ home: '/nonexistent', key: randomBytes(16).toString('base64') }), 'invalid_configuration');
  });
});

describe('key file', () => {
  test('is made once, for us alone, and used from then on', async () => {
    await using home = await temporaryDirectory('key');
    const sealed = (await openSecretBox({ home: home.path, key: null })).seal('secret', 'context');
    assert.equal((await openSecretBox({ home: home.path, key: null })).open(sealed, 'context'), 'secret');
    assert.deepEqual(readdirSync(home.path), ['secret.key']);
    assert.equal(statSync(path.join(home.path, 'secret.key')).mode & 0o777, 0o600);
  });

  test('processes that start at once agree on one key', async () => {
    await using home = await temporaryDirectory('key');
    const program = `const { openSecretBox } = await import(${JSON.stringify(path.join(import.meta.dirname, 'index.ts'))});
      process.stdout.write((await openSecretBox({ home: ${JSON.stringify(home.path)}, key: null })).seal('secret', 'context'));`;
    const sealed = await Promise.all(Array.from({ length: 4 }, async () => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
      let output = '';
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
      await once(child, 'close');
      return output;
    }));
    const box = await openSecretBox({ home: home.path, key: null });
    assert.deepEqual(sealed.map((text) => box.open(text, 'context')), ['secret', 'secret', 'secret', 'secret']);
    assert.deepEqual(readdirSync(home.path), ['secret.key']);
  });

  test('that others can read, or that is damaged, is refused and kept', async () => {
    await using home = await temporaryDirectory('key');
    const file = path.join(home.path, 'secret.key');
    await openSecretBox({ home: home.path, key: null });
    const content = readFileSync(file, 'utf8');
    for (const mode of [0o640, 0o604]) {
      chmodSync(file, mode);
      const error = await failure(openSecretBox({ home: home.path, key: null }), 'invalid_configuration');
      assert.equal(error.remedy, `chmod 600 ${file}`);
      assert.ok(!error.message.includes(content.trim()));
    }
    chmodSync(file, 0o600);
    for (const damaged of ['', content.slice(0, 20), `${content}x`]) {
      writeFileSync(file, damaged);
      await failure(openSecretBox({ home: home.path, key: null }), 'invalid_configuration');
      assert.equal(readFileSync(file, 'utf8'), damaged);
    }
  });

  test('a store that was sealed with another key is not used with a new one', async () => {
    await using home = await temporaryDirectory('key');
    const store = await openStore({ home: home.path, databaseUrl: null, clock: new ManualClock() });
    try {
      const box = await openSecretBox({ home: home.path, key: null });
      await verifySecretBox(store, box);
      await verifySecretBox(store, await openSecretBox({ home: home.path, key: null }));
      const error = await failure(openSecretBox({ home: home.path, key }).then((other) => verifySecretBox(store, other)), 'secret_unreadable');
      assert.match(error.remedy ?? '', /secret\.key/);
    } finally {
      await store.close();
    }
  });
});
