import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import pg from 'pg';
import { temporaryDirectory } from '../../test/support/tmp.ts';
import { clientStrings } from './client-strings.ts';
import type { Login } from './client-strings.ts';

const HOST = 'ann-x-k3x9.db.example.com';
const LOGIN: Login = {
  host: HOST, port: 5432, tls: true, hostname: HOST, byName: { host: HOST, port: 5432 }, address: null, trusted: true,
  username: 'ann-1', password: 's3cret', database: 'ann-1_db', uri: `postgresql://ann-1:s3cret@${HOST}:5432/ann-1_db`,
};
const PLAIN: Partial<Login> = { host: '127.0.0.1', port: 10_000, tls: false, address: '127.0.0.1', uri: 'postgresql://ann-1:s3cret@127.0.0.1:10000/ann-1_db' };

const postgresql = (change: Partial<Login> = {}): Record<string, string> => clientStrings('postgresql', { ...LOGIN, ...change });
const redis = (change: Partial<Login> = {}): Record<string, string> => clientStrings('redis', { ...LOGIN, port: 6379, username: 'ann-x-k3x9', database: '0', ...change });

/** The arguments of a command, or the value of an assignment, as a shell understands it. */
function shell(text: string): string[] {
  const variable = /^(\w+)=/.exec(text)?.[1];
  const script = variable === undefined ? text.replace(/^[\w-]+/, 'set --') : `${text}\nset -- "$${variable}"`;
  return execFileSync('sh', ['-c', `${script}\nprintf '%s\\n' "$@"`], { encoding: 'utf8' }).trimEnd().split('\n');
}

test('pasted into a shell, a string is taken as it was meant, & and ? too', () => {
  for (const trusted of [true, false]) {
    for (const change of [{ trusted }, { trusted, ...PLAIN }, { trusted, uri: `${LOGIN.uri}?application_name=$x&a=(1)` }]) {
      const { psql = '', env = '', uri = '', 'psql-tls': byName } = postgresql(change);
      assert.deepEqual(shell(psql), [uri]);
      assert.deepEqual(shell(env), [uri]);
      if (byName !== undefined) assert.equal(shell(byName).length, 1);
    }
    assert.deepEqual(shell(redis({ trusted })['redis-cli'] ?? ''), ['-u', `rediss://ann-x-k3x9:s3cret@${HOST}:6379/0`, '--sni', HOST, ...(trusted ? [] : ['--cacert', 'dbmaker-ca.pem'])]);
    assert.deepEqual(shell(redis({ trusted })['env'] ?? ''), [`rediss://ann-x-k3x9:s3cret@${HOST}:6379/0`]);
  }
  assert.deepEqual(shell(clientStrings('generic', { ...LOGIN, uri: 'amqp://a:b@c:1/d?x=1&y=2' })['env'] ?? ''), ['amqp://a:b@c:1/d?x=1&y=2']);
});

test('a string of PostgreSQL by hostname asks for TLS in every client, also beside parameters of the template', () => {
  for (const trusted of [true, false]) {
    const { psql, node, python, jdbc, dotnet, go, prisma, env, uri } = postgresql({ trusted });
    for (const text of [psql, python, jdbc, go, prisma, env, uri]) assert.match(text ?? '', /[?&]sslmode=(require|verify-full)/);
    assert.match(node ?? '', /ssl: (true|\{ ca: )/);
    assert.match(dotnet ?? '', /SSL Mode=VerifyFull/);
    for (const text of [psql, node, python, jdbc, dotnet, go, prisma, env, uri]) assert.equal(text?.includes('dbmaker-ca.pem'), !trusted);
  }
  assert.match(postgresql()['go'] ?? '', /sslmode=verify-full/, 'Go knows the authorities of its system');
  const url = new URL(postgresql({ uri: `${LOGIN.uri}?application_name=x` })['uri'] ?? '');
  assert.deepEqual([...url.searchParams], [['application_name', 'x'], ['sslmode', 'require']]);
});

test('node-postgres reads the URL as it was meant: TLS, with a look at the certificate', async () => {
  await using directory = await temporaryDirectory('strings');
  const file = path.join(directory.path, 'dbmaker-ca.pem');
  await writeFile(file, 'PEM');
  const { ssl, host, port, user, database } = new pg.Client({ connectionString: postgresql({ trusted: false })['uri']?.replace('dbmaker-ca.pem', file) ?? '' });
  assert.deepEqual([host, port, user, database], [HOST, 5432, 'ann-1', 'ann-1_db']);
  assert.deepEqual(ssl, { ca: 'PEM' });
  assert.equal(new pg.Client({ connectionString: postgresql(PLAIN)['uri'] ?? '' }).ssl, false);
});

test('a URL of Redis holds the login, also where the template of the instance leaves it out', () => {
  assert.equal(redis({ ...PLAIN, uri: 'redis://127.0.0.1:10000' })['uri'], 'redis://ann-x-k3x9:s3cret@127.0.0.1:10000/0');
  assert.match(redis({ trusted: false })['go'] ?? '', /ParseURL\("rediss:.*\n.*ReadFile\("dbmaker-ca\.pem"\)/);
  assert.match(redis({ trusted: false })['dotnet'] ?? '', /Parse\(".*,ssl=true,sslHost=ann-x-k3x9\.db\.example\.com"\);\noptions\.TrustIssuer\("dbmaker-ca\.pem"\)/);
  assert.match(redis()['dotnet'] ?? '', /^ann-x-k3x9\.db\.example\.com:6379,user=.*,ssl=true/);
  assert.match(postgresql({ trusted: false })['prisma'] ?? '', /sslaccept=strict&sslcert=\.\.\/dbmaker-ca\.pem"$/, 'Prisma looks from its own folder');
  assert.match(redis({ trusted: false })['python'] ?? '', /'rediss:.*ssl_check_hostname=True, ssl_ca_certs='dbmaker-ca\.pem'\)$/);
});

test('where names are not known to everybody, the hostname comes with the address to connect to', () => {
  assert.deepEqual(shell(postgresql({ ...PLAIN, trusted: false })['psql-tls'] ?? ''), [`${LOGIN.uri}?sslmode=verify-full&sslrootcert=dbmaker-ca.pem&hostaddr=127.0.0.1`]);
  assert.deepEqual(shell(redis({ ...PLAIN, byName: { host: HOST, port: 6379 } })['redis-cli-tls'] ?? '').slice(0, 7), ['-h', '127.0.0.1', '-p', '6379', '--tls', '--sni', HOST]);
  for (const strings of [postgresql({ ...PLAIN, byName: null }), redis({ ...PLAIN, byName: null }), postgresql(), redis()]) {
    assert.ok(!Object.keys(strings).some((name) => name.endsWith('-tls')));
  }
});
