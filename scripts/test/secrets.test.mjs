import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { lookForSecrets } from './secrets.mjs';

const PASSWORD = 'k3'.repeat(16);
const TOKEN = `dbm_${'A-_z'.repeat(10)}abc`;

async function look(files) {
  const directory = mkdtempSync(path.join(tmpdir(), 'dbm-secrets-'));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(path.join(directory, name), text);
    return await lookForSecrets(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const NOTES = { '1.jsonl': `${JSON.stringify({ kind: 'password', value: PASSWORD })}\n`, '2.jsonl': `${JSON.stringify({ kind: 'API token', value: TOKEN })}\n{"kind":"cut o` };

test('a log with a secret is named with the line and the kind, and the secret is not shown', async () => {
  const { found, secrets, logs } = await look({ ...NOTES, 'a.test.ts-server.log': `{"msg":"one"}\n{"msg":"x${PASSWORD}y","token":"${TOKEN}"}\n`, 'b.log': `${'x'.repeat(5000)}${TOKEN}\n`, 'clean.log': 'nothing\n' });
  assert.deepEqual([secrets, logs, found.length], [2, 3, 2]);
  const [first, second] = found.sort();
  assert.match(first, /^a\.test\.ts-server\.log:2 has a password and an API token: \{"msg":"x<password>y","token":"<API token>"\}$/);
  assert.match(second, /^b\.log:1 has an API token: x{200}<API token>$/);
  assert.ok(!found.join().includes(PASSWORD) && !found.join().includes(TOKEN));
});

test('clean logs, no logs and no secrets are no fault', async () => {
  assert.deepEqual((await look({ ...NOTES, 'a.log': 'dbm_ k3k3 password\n' })).found, []);
  assert.deepEqual(await look(NOTES), { secrets: 2, logs: 0, found: [] });
  assert.deepEqual(await look({ 'a.log': 'text\n' }), { secrets: 0, logs: 1, found: [] });
});

test('hundreds of secrets in a hundred megabytes take a moment', async () => {
  const notes = Array.from({ length: 500 }, (_, n) => JSON.stringify({ kind: 'password', value: `${String(n).padStart(4, '0')}${'q7Zx'.repeat(7)}` })).join('\n');
  const line = `{"level":20,"time":1764000000000,"pid":1234,"route":"/api/containers/:id","q":"0123${'q7Zx'.repeat(6)}","msg":"request"}\n`;
  const text = line.repeat(Math.ceil(10_000_000 / line.length));
  const started = performance.now();
  const { found } = await look({ 'n.jsonl': `${notes}\n`, ...Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`${n}.log`, text])) });
  assert.deepEqual(found, []);
  assert.ok(performance.now() - started < 10_000, `${performance.now() - started} ms`);
});
