/** The code in docs/operations.md that receivers are to paste, as it stands there. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { newWebhookSecret, signedHeaders } from '../../src/domain/webhook/signature.ts';
import { temporaryDirectory } from '../support/tmp.ts';

const DOCUMENT = readFileSync(path.join(import.meta.dirname, '../../docs/operations.md'), 'utf8');

function snippet(language: string): string {
  const code = new RegExp(`\`\`\`${language}\\n([^\`]*? verify\\..*?)\`\`\``, 's').exec(DOCUMENT)?.[1];
  assert.ok(code, `no ${language} in the document`);
  return code;
}

const RUN = {
  'node': { language: 'js', file: 'verify.mjs', program: process.execPath, args: ['--input-type=module', '-e'], code: `
    import { verify } from './verify.mjs';
    const cases = JSON.parse(process.argv[1]);
    console.log(JSON.stringify(cases.map(({ secret, headers, body }) => verify(secret, headers, Buffer.from(body)))));` },
  'python': { language: 'python', file: 'verify.py', program: 'python3', args: ['-c'], code: `
import json, sys
from verify import verify
print(json.dumps([verify(case["secret"], case["headers"], case["body"].encode()) for case in json.loads(sys.argv[1])]))` },
} as const;

for (const [name, { language, file, program, args, code }] of Object.entries(RUN)) {
  test(`the snippet for ${name} takes what is signed, and nothing that was changed or is old`, async () => {
    await using directory = await temporaryDirectory('snippet');
    writeFileSync(path.join(directory.path, file), snippet(language));
    const [secret, other] = [newWebhookSecret(), newWebhookSecret()];
    const body = '{"type":"instance.failed","message":"é 🐘"}';
    const headers = signedHeaders([secret], 'msg_1', Date.now(), body);
    const signature = headers['webhook-signature'];
    const cases = [
      { secret, headers, body },
      { secret, headers: signedHeaders([other, secret], 'msg_1', Date.now(), body), body },
      { secret: other, headers, body },
      { secret, headers, body: `${body} ` },
      { secret, headers: { ...headers, 'webhook-id': 'msg_2' }, body },
      { secret, headers: { ...headers, 'webhook-signature': `v1,${signature[3] === 'A' ? 'B' : 'A'}${signature.slice(4)}` }, body },
      { secret, headers: { ...headers, 'webhook-signature': 'v1,' }, body },
      { secret, headers: signedHeaders([secret], 'msg_1', Date.now() - 600_000, body), body },
      { secret, headers: signedHeaders([secret], 'msg_1', Date.now() + 600_000, body), body },
    ];
    const ran = spawnSync(program, [...args, code, JSON.stringify(cases)], { cwd: directory.path, encoding: 'utf8' });
    assert.equal(ran.status, 0, ran.stderr);
    assert.deepEqual(JSON.parse(ran.stdout), [true, true, ...cases.slice(2).map(() => false)]);
  });
}
