/** The ways in which people set up their clients: modes of TLS, without a server name, from files, in the environment. On a whole server. */
import assert from 'node:assert/strict';
import { mkdir, copyFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { PostgresqlClient, RedisClient, Target } from '../clients/client.ts';
import { answered, each, shown } from '../clients/expect.ts';
import { ioredis } from '../clients/ioredis.ts';
import { jdbc } from '../clients/jdbc.ts';
import { nodePostgres } from '../clients/node-postgres.ts';
import { nodeRedis } from '../clients/node-redis.ts';
import { postgresJs } from '../clients/postgres-js.ts';
import { psql, psqlWith } from '../clients/psql.ts';
import { psycopg } from '../clients/psycopg.ts';
import { redisCli } from '../clients/redis-cli.ts';
import { redisPy } from '../clients/redis-py.ts';
import { sClient, sClientReport } from '../clients/s-client.ts';
import { makeTargets, type Targets } from '../clients/targets.ts';
import { makePerson, type Person } from '../support/person.ts';
import { startup } from '../support/raw-postgresql.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { temporaryDirectory } from '../support/tmp.ts';
import { processesIn } from '../support/world.ts';

const POSTGRESQL: readonly PostgresqlClient[] = [psql, psycopg, nodePostgres, postgresJs, jdbc];
const REDIS: readonly RedisClient[] = [redisCli, redisPy, ioredis, nodeRedis];
const TLS_ONLY = /TLS only: the name of the database is part of TLS/;
const NO_BINDING = /channel binding is required, but server did not offer an authentication method that supports channel binding/;
const NO_NAME = /did not say which database it wants: it sent no server name \(SNI\)/;

let server: TestServer;
let ann: Person;
let postgresql: Targets;
let guarded: Targets;
let redis: Targets;

before(async () => {
  server = await startServer({ runtime: 'process' });
  ann = await makePerson(server, 'ann');
  [postgresql, guarded, redis] = await Promise.all([
    makeTargets(server, ann, 'postgresql', { name: 'open' }), makeTargets(server, ann, 'postgresql', { name: 'guarded', tlsOnly: true }), makeTargets(server, ann, 'redis', { name: 'redis' }),
  ]);
}, { timeout: 300_000 });
after(() => server[Symbol.asyncDispose]());

const slugOf = ({ hostname }: Target): string => hostname.split('.')[0] ?? '';
/** libpq's settings on top; what checks the authority knows it. */
const withMode = (target: Target, sslmode: string, more: Target['settings'] = {}): Target =>
  ({ ...target, settings: { sslmode, sslrootcert: sslmode.startsWith('verify') ? target.ca : undefined, ...more } });

describe('libpq', { timeout: 300_000 }, () => {
  it('every sslmode is answered on the own port; the shared port wants TLS, and says so to sslmode=disable', async () => {
    for (const sslmode of ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full']) {
      answered(psql, await psql.ask(withMode(postgresql.direct, sslmode)));
      const shared = await psql.ask(withMode(postgresql.byName, sslmode));
      if (sslmode === 'disable') shown(psql, shared, TLS_ONLY, /sslmode=require/, /directPort/);
      else answered(psql, shared);
    }
  });

  it('one that takes TLS only is reached on its own port with every mode that can do TLS, also with allow, which tries plain text first', async () => {
    shown(psql, await psql.ask(withMode(guarded.direct, 'disable')), /guarded takes connections with TLS only/, /sslmode=require/);
    for (const sslmode of ['allow', 'prefer', 'require', 'verify-full']) answered(psql, await psql.ask(withMode(guarded.direct, sslmode)));
  });

  it('sslmode=prefer, libpq\'s default, shows why first, and then what its second try, in plain text, was told', async () => {
    const target = { ...withMode(postgresql.byName, 'prefer'), hostname: 'nobody.db.localhost' };
    shown(psql, await psql.ask(target), /There is no database nobody\.db\.localhost[^]*TLS only: the name of the database is part of TLS/);
  });

  it('a name that is not in the certificate passes verify-ca and not verify-full; an authority that it does not know passes neither', async () => {
    const elsewhere = { ...postgresql.direct, hostname: 'db.example.org' };
    answered(psql, await psql.ask(withMode(elsewhere, 'verify-ca')));
    shown(psql, await psql.ask(withMode(elsewhere, 'verify-full')), /server certificate for "\*\.db\.localhost".* does not match host name "db\.example\.org"/);
    for (const sslmode of ['verify-ca', 'verify-full']) {
      shown(psql, await psql.ask(withMode(postgresql.byName, sslmode, { sslrootcert: '/etc/ssl/certs/ca-certificates.crt' })), /certificate verify failed/);
      shown(psql, await psql.ask(withMode(postgresql.byName, sslmode, { sslrootcert: undefined })), /root certificate file .* does not exist/);
    }
  });

  it('with sslsni=0 the option endpoint says which database; without it psql shows what to do', async () => {
    const { byName } = postgresql;
    for (const sslmode of ['require', 'verify-full']) {
      answered(psql, await psql.ask(withMode({ ...byName, options: `endpoint=${slugOf(byName)}` }, sslmode, { sslsni: '0' })));
      shown(psql, await psql.ask(withMode(byName, sslmode, { sslsni: '0' })), NO_NAME, /options=endpoint=SLUG/, /directPort/);
    }
    answered(psql, await psql.ask(withMode({ ...byName, options: `-c search_path=public -c endpoint=${slugOf(byName)}` }, 'require', { sslsni: '0' })));
    answered(psql, await psql.ask(withMode(postgresql.direct, 'verify-full', { sslsni: '0' })));
  });

  it('given an address alone, as host or as hostaddr, the shared port wants the option, and the own port nothing', async () => {
    const { byName, direct } = postgresql;
    for (const names of [{ host: '127.0.0.1', hostaddr: undefined }, { host: undefined }]) {
      shown(psql, await psql.ask(withMode(byName, 'require', names)), /options=endpoint=SLUG/);
      answered(psql, await psql.ask(withMode({ ...byName, options: `endpoint=${slugOf(byName)}` }, 'require', names)));
      for (const sslmode of ['disable', 'prefer', 'verify-ca']) answered(psql, await psql.ask(withMode(direct, sslmode, names)));
    }
    answered(psql, await psql.ask(withMode(direct, 'verify-full', { host: '127.0.0.1', hostaddr: undefined })));
  });

  it('an option endpoint that names another database than the host, or than the port, is refused with both names', async () => {
    const options = `endpoint=${slugOf(guarded.byName)}`;
    shown(psql, await psql.ask({ ...postgresql.byName, options }), new RegExp(slugOf(postgresql.byName)), new RegExp(slugOf(guarded.byName)), /Leave the option endpoint away/);
    shown(psql, await psql.ask({ ...postgresql.direct, options }), new RegExp(slugOf(postgresql.byName)), new RegExp(slugOf(guarded.byName)), /Leave the option endpoint away/);
  });

  it('a service file, a password file and an authority in the home are enough, and so is the environment', async () => {
    await using home = await temporaryDirectory('home');
    const { hostname, port, username, password, database, ca } = postgresql.byName;
    await writeFile(path.join(home.path, '.pg_service.conf'), `[mine]\nhost=${hostname}\nhostaddr=127.0.0.1\nport=${port}\nuser=${username}\ndbname=${database}\nsslmode=verify-full\n`);
    await writeFile(path.join(home.path, '.pgpass'), `${hostname}:${port}:${database}:${username}:${password}\n`, { mode: 0o600 });
    await mkdir(path.join(home.path, '.postgresql'));
    await copyFile(ca, path.join(home.path, '.postgresql', 'root.crt'));
    answered(psql, await psqlWith('service=mine', { HOME: home.path }));
    answered(psql, await psqlWith('', {
      PGSERVICEFILE: path.join(home.path, '.pg_service.conf'), PGSERVICE: 'mine', PGPASSFILE: path.join(home.path, '.pgpass'), PGSSLROOTCERT: ca,
    }));
    answered(psql, await psqlWith('', {
      PGHOST: hostname, PGHOSTADDR: '127.0.0.1', PGPORT: String(port), PGUSER: username, PGPASSWORD: password, PGDATABASE: database, PGSSLMODE: 'verify-full', PGSSLROOTCERT: ca,
    }));
    shown(psql, await psqlWith('service=mine', { HOME: home.path, PGPASSFILE: '/dev/null' }), /no password supplied/);
  });

  it('channel_binding=disable and prefer work, =require says that the server offers none', async () => {
    for (const target of [postgresql.byName, { ...postgresql.direct, tls: 'verify' as const }]) {
      for (const binding of ['disable', 'prefer']) answered(psql, await psql.ask({ ...target, settings: { channel_binding: binding } }));
      for (const client of [psql, psycopg]) {
        shown(client, await client.ask({ ...target, settings: { channel_binding: 'require' } }), NO_BINDING);
      }
    }
  });

  it('gssencmode=disable and prefer connect, also where the client does ask for GSSAPI (pgjdbc); require is told that there is none', async () => {
    for (const target of [postgresql.byName, postgresql.direct]) {
      for (const gssencmode of ['disable', 'prefer']) answered(psql, await psql.ask({ ...target, settings: { gssencmode } }));
      answered(jdbc, await jdbc.ask({ ...target, settings: { gssEncMode: 'prefer' } }));
      shown(jdbc, await jdbc.ask({ ...target, settings: { gssEncMode: 'require' } }), /does not support GSS Encryption/);
    }
  });
});

describe('clients that are given an address and so send no server name', { timeout: 300_000 }, () => {
  it('of PostgreSQL, name the database in an option, in TLS with the address verified; without it each shows what to do', () => each(POSTGRESQL, async (client) => {
    const byAddress = { ...postgresql.byName, hostname: '127.0.0.1' };
    answered(client, await client.ask({ ...byAddress, options: `endpoint=${slugOf(postgresql.byName)}` }));
    shown(client, await client.ask(byAddress), NO_NAME, /options=endpoint=SLUG/);
  }));

  it('of PostgreSQL, need nothing on the own port', () => each(POSTGRESQL, async (client) => answered(client, await client.ask({ ...postgresql.direct, hostname: '127.0.0.1', tls: 'verify' }))));

  it('of Redis, are known by the username in TLS; with another username each shows what to do', () => each(REDIS, async (client) => {
    const byAddress = { ...redis.byName, hostname: '127.0.0.1' };
    answered(client, await client.ask(byAddress));
    shown(client, await client.ask({ ...byAddress, username: 'default' }), /did not say which database it wants/, /Log in with the username of the database/);
  }));
});

describe('openssl s_client', { timeout: 300_000 }, () => {
  const doors = (): readonly (readonly [string, Target, string[]])[] => [
    ['PostgreSQL, shared', postgresql.byName, ['-starttls', 'postgres']], ['PostgreSQL, own', postgresql.direct, ['-starttls', 'postgres']],
    ['Redis, shared', redis.byName, []], ['Redis, own', redis.direct, []],
    ['third port, Redis', { ...redis.byName, port: server.gateway.tls }, []], ['third port, PostgreSQL', { ...postgresql.byName, port: server.gateway.tls }, []],
  ];

  it('verifies the certificate on every port, takes TLS 1.2 and 1.3, and is refused 1.1 by the server', async () => {
    for (const [name, target, argv] of doors()) {
      for (const version of ['1.2', '1.3']) {
        const report = await sClientReport(target, [...argv, `-tls${version.replace('.', '_')}`]);
        assert.match(report.ok ? report.output : report.shown, new RegExp(`New, TLSv${version}, [^]*Verify return code: 0 \\(ok\\)`), `${name}, ${version}`);
      }
      const old = await sClientReport(target, [...argv, '-tls1_1', '-cipher', 'DEFAULT@SECLEVEL=0']);
      assert.match(old.ok ? '' : old.shown, /alert protocol version/, `${name}: ${JSON.stringify(old)}`);
    }
  });

  it('does not trust it under another name', async () => {
    for (const [name, target, argv] of doors()) {
      const report = await sClientReport({ ...target, hostname: 'db.example.org' }, argv);
      assert.match(report.ok ? '' : report.shown, /hostname mismatch/, name);
    }
  });

  it('reaches the database: PostgreSQL asks for the password by SCRAM, Redis answers a command', async () => {
    const leave = Buffer.from([0x58, 0, 0, 0, 4]);
    const hello = Buffer.concat([startup({ user: postgresql.byName.username, database: postgresql.byName.database }), leave]);
    for (const [target, argv] of [[postgresql.byName, ['-starttls', 'postgres']], [{ ...postgresql.byName, port: server.gateway.tls }, []]] as const) {
      const asked = await sClient(target, hello, argv);
      assert.match(asked.ok ? asked.output : asked.shown, /^R[^]{8}SCRAM-SHA-256\0/);
    }
    const { username, password } = redis.byName;
    for (const target of [redis.byName, { ...redis.byName, port: server.gateway.tls }, redis.direct]) {
      const said = await sClient(target, `AUTH ${username} ${password}\r\nPING\r\nQUIT\r\n`);
      assert.match(said.ok ? said.output : said.shown, /\+OK\r\n\+PONG\r\n\+OK/);
    }
  });
});

it('a paused database is woken by each client, which sees latency only: the server is the one that it was', { timeout: 300_000 }, async () => {
  for (const [family, { id, byName, direct }] of [[POSTGRESQL, postgresql], [REDIS, redis]] as const) {
    for (const [nth, client] of family.entries()) {
      await ann.ask('POST', `/api/containers/${id}/sleep`);
      await ann.until(id, 'it to sleep', ({ status }) => status === 'sleeping');
      const paused = await mainProcess(id);
      const began = performance.now();
      answered(client, await client.ask(nth % 2 === 0 ? byName : direct));
      assert.ok(performance.now() - began < 20_000, `${client.name} waited ${performance.now() - began} ms`);
      assert.equal(await mainProcess(id), paused, 'it was not started anew');
      assert.equal((await ann.get(id)).status, 'running');
    }
  }
});

/** Of the database, which is alive while it is paused. */
async function mainProcess(id: string): Promise<number> {
  const all = await processesIn(path.join(server.home, 'instances', id));
  const [main, ...others] = all.filter(({ parent }) => all.every(({ pid }) => pid !== parent));
  assert.ok(main !== undefined && others.length === 0, JSON.stringify(all));
  return main.pid;
}
