import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { before, describe, it } from 'node:test';
import tls from 'node:tls';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { recordedLog } from '../../test/support/recorded-log.ts';
import { temporaryDirectory } from '../../test/support/tmp.ts';
import { startTlsServer } from '../../test/support/tls-server.ts';
import { waitFor } from '../../test/support/wait.ts';
import { isDbmakerError } from '../domain/errors.ts';
import { issue } from './issue/issue.ts';
import { openCertificates } from './index.ts';
import { namesFor } from './server-certificate.ts';
import type { Pair } from './pair.ts';

const DAY_MS = 86_400_000;
const DOMAIN = 'db.example.com';

let ca: Pair;
before(async () => {
  ca = await issue({ kind: 'authority', name: 'An organisation', notBefore: Date.now() - 900 * DAY_MS, notAfter: Date.now() + 900 * DAY_MS });
});
/** A certificate as a public authority would give it, that many days before its end. */
const pairFor = (days: number, domain = DOMAIN, fromDays = -400): Promise<Pair> =>
  issue({ kind: 'server', authority: ca, names: namesFor(domain), notBefore: Date.now() + fromDays * DAY_MS, notAfter: Date.now() + days * DAY_MS });

async function installation() {
  const home = await temporaryDirectory('files');
  const clock = new ManualClock(Date.now());
  const log = recordedLog();
  const files = { certFile: path.join(home.path, 'fullchain.pem'), keyFile: path.join(home.path, 'privkey.pem') };
  const put = async ({ key, certificate }: Pair): Promise<void> => {
    await writeFile(files.certFile, certificate + ca.certificate);
    await writeFile(files.keyFile, key);
  };
  const open = (more: Partial<typeof files> = {}) => openCertificates({ home: home.path, domain: DOMAIN, files: { ...files, ...more }, clock, log });
  return { ...files, path: home.path, clock, log, put, open, [Symbol.asyncDispose]: () => home[Symbol.asyncDispose]() };
}

/** Lets time pass until the files have been looked at so often. */
async function looks(clock: ManualClock, count: number): Promise<void> {
  for (let look = 0; look < count; look += 1) {
    clock.advance(5000);
    await waitFor(() => clock.nextAt() !== null, { what: 'a look at the files to end', intervalMs: 2 });
  }
}

describe('at the start', () => {
  it('presents what the files hold, also when one file holds both', async () => {
    await using home = await installation();
    const pair = await pairFor(90);
    await home.put(pair);
    const certificates = await home.open();
    certificates.stop();
    assert.equal(certificates.authority, null);
    assert.deepEqual(certificates.current.names, namesFor(DOMAIN));
    await writeFile(home.certFile, pair.key + pair.certificate);
    const both = await home.open({ keyFile: home.certFile });
    both.stop();
    assert.equal(both.current.notAfter, certificates.current.notAfter);
    assert.deepEqual(home.log.loud(), []);
  });

  it('uses one that clients will not like, and says so', async () => {
    const cases: [RegExp, Promise<Pair>][] = [
      [/^error .*EXPIRED/, pairFor(-1)],
      [/^warn .*expires within two weeks/, pairFor(13)],
      [/^warn .*not valid yet/, pairFor(90, DOMAIN, 1)],
      [/^warn .*is not for \*\.db\.example\.com \(DBMAKER_DOMAIN\)/, pairFor(90, 'example.com')],
    ];
    for (const [text, pair] of cases) {
      await using home = await installation();
      await home.put(await pair);
      (await home.open()).stop();
      assert.equal(home.log.loud().length, 1, home.log.loud().join('\n'));
      assert.match(home.log.loud()[0] ?? '', text);
    }
  });

  it('refuses files that cannot be used, naming the variable and what to do', async () => {
    type Home = Awaited<ReturnType<typeof installation>>;
    const damages: [RegExp, (home: Home) => Promise<unknown>][] = [
      [/^DBMAKER_TLS_CERT: .*fullchain\.pem cannot be read \(ENOENT\)/, (home) => rm(home.certFile)],
      [/^DBMAKER_TLS_KEY: .*privkey\.pem cannot be read \(ENOENT\)/, (home) => rm(home.keyFile)],
      [/^DBMAKER_TLS_KEY: .*EISDIR/, async (home) => { await rm(home.keyFile); await mkdir(home.keyFile); }],
      [/^DBMAKER_TLS_CERT: .*holds no PEM certificate/, (home) => writeFile(home.certFile, 'x')],
      [/^DBMAKER_TLS_CERT: .*breaks off within a certificate/, async (home) => writeFile(home.certFile, (await pairFor(90)).certificate.slice(0, 200))],
      [/^DBMAKER_TLS_CERT: .*damaged certificate/, async (home) => writeFile(home.certFile, (await pairFor(90)).certificate.replace(/\n.{30}/, '\nAAAA'))],
      [/^DBMAKER_TLS_KEY: .*is not the key of the certificate/, async (home) => writeFile(home.keyFile, (await pairFor(90)).key)],
      [/^DBMAKER_TLS_KEY: .*is not the key of the certificate \(the first one/, async (home) => writeFile(home.certFile, ca.certificate + (await pairFor(90)).certificate)],
      [/^DBMAKER_TLS_KEY: .*is encrypted with a passphrase/, async (home) =>
        writeFile(home.keyFile, createPrivateKey((await pairFor(90)).key).export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }))],
    ];
    for (const [text, damage] of damages) {
      await using home = await installation();
      await home.put(await pairFor(90));
      await damage(home);
      await assert.rejects(home.open(), (error: unknown) => {
        assert.ok(isDbmakerError(error, 'invalid_configuration'), String(error));
        assert.match(error.message, text);
        assert.doesNotMatch(error.message, /BEGIN|MII/);
        assert.match(error.remedy ?? '', /fullchain\.pem.*privkey\.pem/);
        return true;
      }, String(text));
    }
  });
});

describe('when the files change', () => {
  it('presents the new pair to new connections and leaves open ones alone', async () => {
    await using home = await installation();
    await home.put(await pairFor(40));
    const certificates = await home.open();
    await using server = await startTlsServer(() => certificates.current.context);
    const connect = async (): Promise<tls.TLSSocket> => {
      const socket = tls.connect({ host: '127.0.0.1', port: server.port, servername: `alice.${DOMAIN}`, ca: ca.certificate });
      await once(socket, 'secureConnect');
      return socket;
    };
    const echo = async (socket: tls.TLSSocket, line: string): Promise<void> => {
      socket.write(line);
      assert.equal(String((await once(socket, 'data'))[0]), line);
    };
    const old = await connect();
    await echo(old, 'before');
    await home.put(await pairFor(90));
    await looks(home.clock, 1);
    const fresh = await connect();
    const daysLeft = (socket: tls.TLSSocket): number => Math.round((Date.parse(socket.getPeerCertificate().valid_to) - Date.now()) / DAY_MS);
    assert.deepEqual([old, fresh].map(daysLeft), [40, 90]);
    await echo(old, 'after');
    await echo(fresh, 'after');
    assert.deepEqual(home.log.loud(), []);
    for (const socket of [old, fresh]) socket.destroy();
    certificates.stop();
  });

  it('keeps the old pair while the new one is half written or does not match, complains once, and switches when it is right', async () => {
    await using home = await installation();
    await home.put(await pairFor(40));
    const certificates = await home.open();
    const before = certificates.current;
    const next = await pairFor(90);
    await writeFile(home.certFile, next.certificate.slice(0, 300));
    await looks(home.clock, 2);
    await writeFile(home.certFile, next.certificate);
    await looks(home.clock, 2);
    await rm(home.keyFile);
    await looks(home.clock, 2);
    assert.equal(certificates.current, before);
    assert.equal(home.log.loud().length, 1, home.log.loud().join('\n'));
    assert.match(home.log.loud()[0] ?? '', /^warn .*the one before stays in use .*fullchain\.pem breaks off within a certificate/);
    await writeFile(home.keyFile, next.key);
    await looks(home.clock, 1);
    assert.ok(certificates.current.notAfter > before.notAfter);
    await writeFile(home.keyFile, 'x');
    await looks(home.clock, 1);
    assert.equal(home.log.loud().length, 2, 'a later fault is said again');
    certificates.stop();
  });

  it('follows symlinks to other files (certbot) and a directory that is swapped (Kubernetes)', async () => {
    await using home = await installation();
    const version = async (name: string, days: number): Promise<void> => {
      const { key, certificate } = await pairFor(days);
      await mkdir(path.join(home.path, name));
      await writeFile(path.join(home.path, name, 'fullchain.pem'), certificate);
      await writeFile(path.join(home.path, name, 'privkey.pem'), key);
    };
    const point = async (target: string): Promise<void> => {
      await symlink(target, path.join(home.path, 'data.new'));
      await rename(path.join(home.path, 'data.new'), path.join(home.path, 'data'));
    };
    await version('one', 40);
    await version('two', 90);
    await point('one');
    await symlink('data/fullchain.pem', home.certFile);
    await symlink('data/privkey.pem', home.keyFile);
    const certificates = await home.open();
    const before = certificates.current.notAfter;
    await point('two');
    await looks(home.clock, 1);
    assert.equal(Math.round((certificates.current.notAfter - before) / DAY_MS), 50); // they were made within seconds
    certificates.stop();
  });

  it('says once a day that the end is near, and reads nothing while nothing changes', async () => {
    await using home = await installation();
    await home.put(await pairFor(20));
    const certificates = await home.open();
    const { context } = certificates.current;
    await looks(home.clock, 3);
    assert.equal(certificates.current.context, context);
    for (let day = 0; day < 10; day += 1) {
      home.clock.advance(DAY_MS);
      await looks(home.clock, 2);
    }
    assert.ok([3, 4, 5].includes(home.log.loud().length), home.log.loud().join('\n'));
    certificates.stop();
    assert.equal(home.clock.nextAt(), null);
  });
});
