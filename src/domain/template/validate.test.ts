import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDbmakerError } from '../errors.ts';
import type { TemplateDocument } from './template.ts';
import { engineOf, templateProblems, validateTemplate } from './validate.ts';

/** As promised to users. */
const REDIS: TemplateDocument = { name: 'Redis', type: 'redis', image: 'redis:7-alpine', defaultPort: 6379, connectionStringTemplate: 'redis://{subdomain}:{port}' };
const POSTGRESQL: TemplateDocument = {
  name: 'PostgreSQL', type: 'postgresql', image: 'postgres:15-alpine', defaultPort: 5432,
  environmentVariables: { POSTGRES_DB: '{username}_db', POSTGRES_USER: '{username}', POSTGRES_PASSWORD: '{generated_password}' },
  connectionStringTemplate: 'postgresql://{username}:{password}@{subdomain}:{port}/{database}',
};
const MEMCACHED: TemplateDocument = { name: 'Memcached', type: 'memcached', image: 'memcached:1.6-alpine', defaultPort: 11211, connectionStringTemplate: 'memcached://{subdomain}:{port}' };

function pointersOf(change: Partial<Record<keyof TemplateDocument, unknown>>, base = POSTGRESQL): string[] {
  return Object.keys(templateProblems({ ...base, ...change } as TemplateDocument)).sort();
}

test('the promised documents and a memcached one are accepted as they are', () => {
  for (const document of [REDIS, POSTGRESQL, MEMCACHED]) assert.deepEqual(templateProblems(document), {}, document.name);
});

test('the engine follows from the type unless the document says it', () => {
  assert.deepEqual([REDIS, POSTGRESQL, MEMCACHED, { type: 'timescale', engine: 'postgresql' } as const].map(engineOf), ['redis', 'postgresql', 'generic', 'postgresql']);
});

test('accepts what image references may be', () => {
  for (const image of ['a', 'redis:7', 'library/redis', 'ghcr.io/a/b/c:v1.2_3-x', 'localhost:5000/x', 'r.example.com/x@sha256:' + 'a'.repeat(64), '[::1]:5000/x:1']) {
    assert.deepEqual(pointersOf({ image }), [], image);
  }
});

test('refuses bad image names', () => {
  for (const image of ['', ' redis', 'Redis', 'redis:', 'https://x/y', '../redis', 'redis;rm -rf /', 'a//b', 'redis@sha256:abc', '-v', 'x'.repeat(256), 'redis\n', 'a/../b', 'redis:7 --privileged']) {
    assert.deepEqual(pointersOf({ image }), ['/image'], image);
  }
});

test('refuses ports outside 1-65535', () => {
  for (const defaultPort of [0, -1, 65536, 1.5, Number.NaN]) assert.deepEqual(pointersOf({ defaultPort }), ['/defaultPort']);
});

test('refuses unknown variables wherever variables may stand', () => {
  assert.deepEqual(pointersOf({ connectionStringTemplate: 'x://{user}' }), ['/connectionStringTemplate']);
  assert.deepEqual(pointersOf({ environmentVariables: { A: '{home}' } }), ['/environmentVariables/A']);
  assert.deepEqual(pointersOf({ command: ['x', '{y}'] }), ['/command/1']);
});

test('refuses environment that could escape', () => {
  for (const name of ['LD_PRELOAD', 'PATH', 'PGDATA', 'PGHOST', 'DBMAKER_HOME', 'DOCKER_HOST', 'POSTGRES_HOST_AUTH_METHOD', 'POSTGRES_PASSWORD_FILE', 'BASH_ENV', 'lower', '1A', 'A=B', 'A B', '']) {
    assert.deepEqual(pointersOf({ environmentVariables: { [name]: 'x' } }), [`/environmentVariables/${name}`], name);
  }
  for (const value of ['a\0b', 'a\nb', 'a\rb', 'x'.repeat(4097)]) assert.deepEqual(pointersOf({ environmentVariables: { A: value } }), ['/environmentVariables/A']);
  assert.deepEqual(pointersOf({ environmentVariables: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`A${String(n)}`, ''])) }), ['/environmentVariables']);
});

test('a PostgreSQL login is {username} or fixed, its password is never fixed', () => {
  const problems = (environmentVariables: Record<string, string>): string[] => pointersOf({ environmentVariables });
  assert.deepEqual(problems({ POSTGRES_USER: 'app', POSTGRES_DB: 'app_{name}' }), []);
  for (const user of ['postgres', 'pg_x', 'app_{username}', 'a"b', '']) assert.deepEqual(problems({ POSTGRES_USER: user }), ['/environmentVariables/POSTGRES_USER'], user);
  for (const database of ['template1', 'a b', '{password}', '']) assert.deepEqual(problems({ POSTGRES_DB: database }), ['/environmentVariables/POSTGRES_DB'], database);
  assert.deepEqual(problems({ POSTGRES_PASSWORD: 'hunter2' }), ['/environmentVariables/POSTGRES_PASSWORD']);
});

test('data and sockets stay out of the operating system', () => {
  for (const dataPath of ['/var/lib/postgresql/data', '/data', '/opt/x/y']) assert.deepEqual(pointersOf({ dataPath }), [], dataPath);
  for (const dataPath of ['', 'data', '/', '/etc', '/etc/x', '/proc/1', '/sys', '/dev/shm', '/var', '/usr/lib', '/a/../b', '/a/./b', '/a//b', '/a/', '/a b', '/a:b', '/a\0']) {
    assert.deepEqual(pointersOf({ dataPath }), ['/dataPath'], dataPath);
    assert.deepEqual(pointersOf({ socketDirectory: dataPath }), ['/socketDirectory'], dataPath);
  }
  assert.deepEqual(pointersOf({ dataPath: '/data', socketDirectory: '/data/run' }), ['/endpoint']);
});

test('a generic image cannot be reached by a socket', () => {
  assert.deepEqual(pointersOf({ endpoint: 'socket' }, MEMCACHED), ['/endpoint']);
  assert.deepEqual(pointersOf({ endpoint: 'tcp' }, MEMCACHED), []);
});

test('a protocol is that of the engine; a generic image may speak any', () => {
  assert.deepEqual(pointersOf({ protocol: 'postgresql' }), []);
  for (const protocol of ['redis', 'http', 'tcp']) {
    assert.deepEqual(pointersOf({ protocol }), ['/protocol'], protocol);
    assert.deepEqual(pointersOf({ protocol }, { ...REDIS, engine: 'postgresql' }), ['/protocol'], protocol);
  }
  assert.deepEqual(pointersOf({ protocol: 'http' }, REDIS), ['/protocol']);
  for (const protocol of ['postgresql', 'redis', 'http', 'tcp']) assert.deepEqual(pointersOf({ protocol }, MEMCACHED), [], protocol);
});

test('commands hold no password and no NUL', () => {
  assert.deepEqual(pointersOf({ command: ['memcached', '-m', '64'] }), []);
  assert.deepEqual(pointersOf({ command: ['redis-server', '--requirepass', '{password}', 'a\0'] }), ['/command/2', '/command/3']);
});

test('names, types, resources, policies and texts are checked', () => {
  const pointers = pointersOf({
    name: '💾', type: 'Bad Type', description: 'a\nb', version: '', icon: 'https://evil/x.svg', connectionStringTemplate: 'nonsense',
    resources: { memory: '1MB', cpus: 100 }, policies: { sleepAfter: 'soon', removeAfter: '0d' },
  });
  assert.deepEqual(pointers, ['/connectionStringTemplate', '/description', '/icon', '/name', '/policies/removeAfter', '/policies/sleepAfter', '/resources/cpus', '/resources/memory', '/type', '/version']);
});

test('validateTemplate names every wrong member', () => {
  assert.doesNotThrow(() => { validateTemplate(POSTGRESQL); });
  assert.throws(() => { validateTemplate({ ...POSTGRESQL, image: '', defaultPort: 0 }); }, (error) => {
    return isDbmakerError(error, 'invalid_template') && Object.keys(error.fields ?? {}).length === 2 && /\/image .*\/defaultPort/.test(error.message);
  });
});
