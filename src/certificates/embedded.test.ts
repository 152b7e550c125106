import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { chmod, cp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it } from 'node:test';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { recordedLog } from '../../test/support/recorded-log.ts';
import { temporaryDirectory } from '../../test/support/tmp.ts';
import { waitFor } from '../../test/support/wait.ts';
import type { Certificates } from '../domain/ports/certificates.ts';
import { isDbmakerError } from '../domain/errors.ts';
import { openEmbedded } from './embedded.ts';
import { issue } from './issue/issue.ts';
import { namesFor } from './server-certificate.ts';

const DAY_MS = 86_400_000;

/** A home's directory of certificates, opened as a gateway opens it: `at` later than the first time. */
async function installation() {
  const home = await temporaryDirectory('embedded');
  const directory = path.join(home.path, 'certificates');
  const clock = new ManualClock();
  const log = recordedLog();
  const open: (domain?: string) => Promise<Certificates> = async (domain = 'db.example.com') => openEmbedded({ directory, domain, clock, log, issue, ticketKeys: () => undefined });
  const once = async (domain?: string): Promise<Certificates> => {
    const certificates = await open(domain);
    certificates.stop();
    return certificates;
  };
  return {
    directory, clock, log, open, once,
    file: (name: string) => path.join(directory, name),
    server: async () => new X509Certificate(await readFile(path.join(directory, (await servers(directory))[0] ?? 'none'))),
    [Symbol.asyncDispose]: () => home[Symbol.asyncDispose](),
  };
}

async function servers(directory: string): Promise<string[]> {
  return (await readdir(directory)).filter((name) => name.startsWith('server-'));
}

const configuration = (text: RegExp) => (error: unknown): boolean => {
  assert.ok(isDbmakerError(error, 'invalid_configuration'), String(error));
  assert.match(error.message, text);
  assert.ok(error.remedy);
  return true;
};

describe('the first start', () => {
  it('makes an authority for ten years and a certificate for the domain and this machine, closed to other users', async () => {
    await using home = await installation();
    const { current, authority } = await home.once();
    assert.deepEqual(current.names, ['*.db.example.com', 'db.example.com', 'localhost', '127.0.0.1', '::1']);
    assert.equal(await readFile(home.file('ca.pem'), 'utf8'), authority);
    const ca = new X509Certificate(authority ?? '');
    assert.match(ca.subject, /^CN=DbMaker local CA [0-9a-f]{8}$/);
    assert.equal(Math.round((ca.validToDate.getTime() - home.clock.now()) / DAY_MS), 3650);
    const leaf = await home.server();
    const lifetime = leaf.validToDate.getTime() - leaf.validFromDate.getTime();
    assert.ok(lifetime <= 397 * DAY_MS && lifetime > 390 * DAY_MS, String(lifetime / DAY_MS));
    assert.equal(current.notAfter, leaf.validToDate.getTime());
    assert.deepEqual((await readdir(home.directory)).sort(), ['ca.key', 'ca.pem', 'server-1.pem']);
    const mode = async (file: string): Promise<number> => (await stat(file)).mode & 0o777;
    assert.deepEqual(await Promise.all([home.directory, home.file('ca.key'), home.file('server-1.pem')].map(mode)), [0o700, 0o600, 0o600]);
  });

  it('warns of a domain whose wildcard most clients refuse', async () => {
    await using home = await installation();
    await home.once('localhost');
    assert.match(home.log.loud().join('\n'), /such as db\.localhost \(DBMAKER_DOMAIN\)/);
  });
});

describe('a later start', () => {
  it('uses what is there', async () => {
    await using home = await installation();
    const first = await home.once();
    home.clock.advance(300 * DAY_MS);
    const second = await home.once();
    assert.deepEqual([second.authority, second.current.notAfter], [first.authority, first.current.notAfter]);
    assert.deepEqual(await servers(home.directory), ['server-1.pem']);
    assert.deepEqual(home.log.loud(), []);
  });

  it('makes a new certificate under the same authority less than 30 days before the end, and for another domain', async () => {
    await using home = await installation();
    const first = await home.once();
    home.clock.advance(367 * DAY_MS);
    const second = await home.once();
    assert.ok(second.current.notAfter > first.current.notAfter);
    const third = await home.once('example.com');
    assert.deepEqual(third.current.names, namesFor('example.com'));
    assert.equal(third.authority, first.authority);
    assert.deepEqual(await servers(home.directory), ['server-3.pem']);
    assert.ok((await home.server()).verify(new X509Certificate(third.authority ?? '').publicKey));
  });

  it('makes a new certificate when the authority is another one, or the old certificate is damaged, torn or was readable by others', async () => {
    await using home = await installation();
    await using other = await installation();
    await home.once();
    await other.once();
    for (const name of ['ca.key', 'ca.pem']) await cp(other.file(name), home.file(name));
    const { authority } = await home.once();
    assert.equal(authority, await readFile(other.file('ca.pem'), 'utf8'));
    assert.ok((await home.server()).verify(new X509Certificate(authority ?? '').publicKey));
    await writeFile(home.file('server-2.pem'), (await readFile(home.file('server-2.pem'), 'utf8')).slice(0, -80));
    await home.once();
    await chmod(home.file('server-3.pem'), 0o644);
    await home.once();
    assert.deepEqual(await servers(home.directory), ['server-4.pem']);
    assert.equal((await stat(home.file('server-4.pem'))).mode & 0o777, 0o600);
  });

  it('refuses an authority that cannot be trusted any more, says what to do, and leaves every file as it is', async () => {
    const damages: Record<string, (home: Awaited<ReturnType<typeof installation>>) => Promise<unknown>> = {
      'ca\\.key of the local certificate authority is damaged': (home) => writeFile(home.file('ca.key'), 'x'),
      'ca\\.key of .* is damaged': async (home) => writeFile(home.file('ca.key'), (await readFile(home.file('ca.key'), 'utf8')).slice(0, 300)),
      'ca\\.key of .* is gone': (home) => rm(home.file('ca.key')),
      'ca\\.pem of .* is not the certificate of .*ca\\.key': (home) => writeFile(home.file('ca.pem'), 'x'),
      'Other users of this machine can read the private key in .*ca\\.key': (home) => chmod(home.file('ca.key'), 0o640),
      'is not a local authority made by DbMaker': async (home) => {
        const made = await issue({ kind: 'authority', name: 'Somebody else', notBefore: home.clock.now(), notAfter: home.clock.now() + DAY_MS });
        await writeFile(home.file('ca.key'), made.key + made.certificate);
        await writeFile(home.file('ca.pem'), made.certificate);
      },
    };
    for (const [text, damage] of Object.entries(damages)) {
      await using home = await installation();
      await home.once();
      await damage(home);
      const contents = async (): Promise<(string | Buffer)[]> => Promise.all((await readdir(home.directory)).map((name) => readFile(home.file(name))));
      const before = await contents();
      await assert.rejects(home.once(), configuration(new RegExp(text)), text);
      assert.deepEqual(await contents(), before);
    }
  });

  it('puts the copy for people back', async () => {
    await using home = await installation();
    const { authority } = await home.once();
    await rm(home.file('ca.pem'));
    await home.once();
    assert.equal(await readFile(home.file('ca.pem'), 'utf8'), authority);
  });

  it('says so long before the authority ends, keeps the last certificate, and still starts afterwards', async () => {
    await using home = await installation();
    const first = await home.once();
    home.clock.advance(3640 * DAY_MS);
    await home.once();
    const last = await home.once();
    assert.deepEqual(await servers(home.directory), ['server-2.pem'], 'not one at every look');
    assert.equal(last.current.notAfter, new X509Certificate(first.authority ?? '').validToDate.getTime());
    assert.match(home.log.loud().join('\n'), /warn The local certificate authority ends soon/);
    home.clock.advance(20 * DAY_MS);
    const { authority } = await home.once();
    assert.equal(authority, first.authority);
    assert.match(home.log.loud().join('\n'), /error The local certificate authority has ended/);
  });
});

describe('while it runs', () => {
  it('looks once a day and presents a new certificate in time', async () => {
    await using home = await installation();
    const certificates = await home.open();
    const before = certificates.current;
    home.clock.advance(365 * DAY_MS);
    await waitFor(() => home.clock.nextAt() !== null, { what: 'the next look to be planned' });
    assert.equal(certificates.current.notAfter, before.notAfter);
    await waitFor(() => {
      home.clock.advance(DAY_MS);
      return certificates.current.notAfter !== before.notAfter;
    }, { what: 'a new certificate' });
    assert.notEqual(certificates.current.context, before.context);
    assert.deepEqual(home.log.loud(), []);
    certificates.stop();
    assert.equal(home.clock.nextAt(), null);
  });

  it('takes up what another gateway made', async () => {
    await using home = await installation();
    const certificates = await home.open();
    home.clock.advance(DAY_MS / 2);
    await rm(home.file('server-1.pem'));
    const { current } = await home.once();
    await waitFor(() => {
      home.clock.advance(DAY_MS / 4);
      return certificates.current.notAfter === current.notAfter;
    }, { what: 'the other one\'s' });
    certificates.stop();
    assert.deepEqual(await servers(home.directory), ['server-1.pem']);
  });

  it('keeps what it has when the authority vanishes, makes no other one, and goes on when it is back', async () => {
    await using home = await installation();
    const certificates = await home.open();
    const { authority, current } = certificates;
    await rename(home.directory, `${home.directory}.away`);
    await waitFor(() => {
      home.clock.advance(DAY_MS);
      return home.log.loud().length > 0;
    }, { what: 'the complaint' });
    assert.match(home.log.loud()[0] ?? '', /^error the TLS certificate could not be looked after/);
    assert.equal(certificates.authority, authority);
    assert.equal(certificates.current, current);
    await assert.rejects(stat(home.directory), { code: 'ENOENT' });
    await rename(`${home.directory}.away`, home.directory);
    await waitFor(() => {
      home.clock.advance(10 * DAY_MS);
      return certificates.current.notAfter > current.notAfter;
    }, { what: 'a new certificate' });
    certificates.stop();
  });
});
