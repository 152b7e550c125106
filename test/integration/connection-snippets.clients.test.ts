/** What the connection card shows for each client, pasted into a program of that client as it stands, beside the file of the authority. On a whole server. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { ConnectionView } from '../../src/api/schemas/instance.ts';
import { askByUrl } from '../clients/jdbc.ts';
import { program } from '../clients/program.ts';
import { makePerson } from '../support/person.ts';
import type { Person } from '../support/person.ts';
import { startServer } from '../support/server.ts';
import type { TestServer } from '../support/server.ts';
import { temporaryDirectory } from '../support/tmp.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const LIMIT = { timeout: 300_000 };

let server: TestServer;
let ann: Person;
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
before(async () => {
  server = await startServer({ runtime: 'process' });
  ann = await makePerson(server, 'ann');
  directory = await temporaryDirectory('snippets');
  await writeFile(path.join(directory.path, 'dbmaker-ca.pem'), await ann.must<string>(200, 'GET', '/api/certificate-authority'));
}, LIMIT);
after(async () => {
  await server.dispose();
  await directory[Symbol.asyncDispose]();
});

/** Another tongue's whole program, with the snippet where people would put it. */
type Program = (snippet: string) => Promise<string>;

const run = (file: string, args: readonly string[], input = ''): Promise<string> => program(file, args, { cwd: directory.path, input });
const shell = (script: string): Promise<string> => run('sh', ['-c', script]);
const python = (source: string): Promise<string> => run('/usr/bin/python3', ['-'], source);
const fromRoot = (module: string): string => JSON.stringify(path.join(ROOT, 'node_modules', module));
const node = (source: string): Promise<string> => run(process.execPath, ['--input-type=commonjs', '-'], `const fs = require('node:fs');\n(async () => {\n${source}\n})();`);

const POSTGRESQL: Readonly<Record<string, Program>> = {
  psql: (snippet) => shell(`${snippet} -Atc "select 'answer-' || 41 + 1"`),
  'psql-tls': (snippet) => shell(`${snippet} -Atc "select 'answer-' || 41 + 1"`),
  env: (snippet) => shell(`${snippet}\npsql "$DATABASE_URL" -Atc "select 'answer-' || 41 + 1"`),
  uri: (snippet) => shell(`psql '${snippet}' -Atc "select 'answer-' || 41 + 1"`),
  python: (snippet) => python(`import psycopg\nwith ${snippet} as connection:\n  print(connection.execute("select 'answer-' || 41 + 1").fetchone()[0])`),
  node: (snippet) => node(`const pg = require(${fromRoot('pg')}); const client = ${snippet}; await client.connect();
    console.log((await client.query("select 'answer-' || 41 + 1 as said")).rows[0].said); await client.end();`),
  jdbc: (snippet) => askByUrl(snippet, directory.path),
};

const REDIS: Readonly<Record<string, Program>> = {
  'redis-cli': (snippet) => shell(`${snippet} --no-auth-warning ECHO answer-42`),
  'redis-cli-tls': (snippet) => shell(`${snippet} --no-auth-warning ECHO answer-42`),
  env: (snippet) => python(`import os, redis\nos.environ.update([${JSON.stringify(snippet)}.replace("'", '').split('=', 1)])
print(redis.from_url(os.environ['REDIS_URL'], ssl_ca_certs='dbmaker-ca.pem').echo('answer-42').decode() if 'rediss' in os.environ['REDIS_URL'] else redis.from_url(os.environ['REDIS_URL']).echo('answer-42').decode())`),
  python: (snippet) => python(`import redis\nprint((${snippet}).echo('answer-42').decode())`),
  node: (snippet) => node(`const { Redis } = require(${fromRoot('ioredis')}); const client = ${snippet};
    client.on('error', (error) => { console.error(error); process.exit(1); }); // else it tries for ever
    console.log(await client.echo('answer-42')); client.disconnect();`),
};

async function allAnswer({ clients }: ConnectionView, programs: Readonly<Record<string, Program>>): Promise<void> {
  const failed: string[] = [];
  for (const [name, ask] of Object.entries(programs)) {
    const snippet = clients[name] ?? assert.fail(`there is no snippet for ${name}`);
    const said = await ask(snippet).catch((error: unknown) => `${String(error)}: ${String((error as { stderr?: string }).stderr)}`);
    if (!said.includes('answer-42')) failed.push(`${name}: ${said}`);
  }
  assert.deepEqual(failed, []);
}

for (const [template, programs] of [['postgresql', POSTGRESQL], ['redis', REDIS]] as const) {
  test(`${template}: each snippet connects as it stands, and in TLS with a look at the certificate where nothing else is let in`, LIMIT, async () => {
    const { id } = await ann.create({ template, name: template });
    await allAnswer(await ann.connection(id), programs);
    await ann.must(200, 'PATCH', `/api/containers/${id}`, { tlsOnly: true });
    const guarded = await ann.connection(id);
    assert.match(guarded.clients['node'] ?? '', /dbmaker-ca\.pem/);
    await allAnswer(guarded, programs);
    // It is looked at: with the file of another authority nobody connects.
    await using foreign = await temporaryDirectory('foreign');
    await program('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=somebody', '-keyout', path.join(foreign.path, 'key.pem'), '-out', path.join(foreign.path, 'ca.pem')]);
    for (const name of template === 'redis' ? ['python', 'node'] : ['psql', 'python', 'node', 'jdbc']) {
      const swapped = (guarded.clients[name] ?? '').replaceAll('dbmaker-ca.pem', path.join(foreign.path, 'ca.pem'));
      const shown = await programs[name]?.(swapped).catch((error: unknown) => String((error as { stderr?: string }).stderr));
      assert.match(shown ?? '', /certificat|self.signed|PKIX|verify/i, name);
    }
  });
}
