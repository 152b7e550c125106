import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { quietLog } from '../../test/support/quiet-log.ts';
import { recordedLog } from '../../test/support/recorded-log.ts';
import { temporaryDirectory } from '../../test/support/tmp.ts';
import { INSIDE, startTlsServer } from '../../test/support/tls-server.ts';
import type { Certificates } from '../domain/ports/certificates.ts';
import type { Log } from '../domain/ports/log.ts';
import { systemClock } from '../main/clock.ts';
import { openCertificates } from './index.ts';

const execute = promisify(execFile);

/** As another gateway of the same home would. */
async function open(home: string, domain = 'db.localhost', log: Log = quietLog): Promise<Certificates> {
  const certificates = await openCertificates({ home, domain, files: null, clock: systemClock, log });
  certificates.stop();
  return certificates;
}

/** One connection with openssl's client, which keeps its session in a file or takes it up from there. */
async function connect(certificates: Certificates, version: string, ...session: string[]): Promise<'New' | 'Reused'> {
  await using server = await startTlsServer(() => certificates.current.context);
  const running = execute('openssl', ['s_client', '-connect', `127.0.0.1:${server.port}`, `-tls1_${version}`, '-ign_eof', ...session]);
  running.child.stdin?.end('GET /\n'); // with TLS 1.3 the ticket comes with the first answer
  const { stdout } = await running;
  assert.match(stdout, new RegExp(INSIDE));
  return /^(New|Reused), TLSv1/m.exec(stdout)?.[1] as 'New' | 'Reused';
}

for (const version of ['2', '3']) {
  test(`a TLS 1.${version} session that began at one gateway is taken up by another, until the certificate changes`, async () => {
    await using home = await temporaryDirectory('resume');
    const session = path.join(home.path, 'session');
    assert.equal(await connect(await open(home.path), version, '-sess_out', session), 'New');
    assert.equal(await connect(await open(home.path), version, '-sess_in', session), 'Reused');
    assert.equal(await connect(await open(home.path, 'example.com'), version, '-sess_in', session), 'New');
  });
}

test('a damaged ticket key costs the resumption, nothing else', async () => {
  await using home = await temporaryDirectory('resume');
  await open(home.path);
  await writeFile(path.join(home.path, 'certificates', 'tickets.key'), 'x');
  const log = recordedLog();
  const session = path.join(home.path, 'session');
  assert.equal(await connect(await open(home.path, 'db.localhost', log), '3', '-sess_out', session), 'New');
  assert.match(log.loud().join('\n'), /tickets\.key is damaged/);
  assert.equal(await connect(await open(home.path), '3', '-sess_in', session), 'New');
});
