import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { LaunchInput } from '../ports/engine.ts';
import type { Workload } from '../ports/runtime.ts';
import type { TemplateDocument } from '../template/template.ts';
import type { Instance } from './instance.ts';
import { buildWorkload, type WorkloadInput } from './workload.ts';

const MEMORY = 512 * 1024 * 1024;
const PASSWORD = 'kEpt-secret-42';

const TEMPLATE: TemplateDocument = {
  name: 'PostgreSQL',
  type: 'postgresql',
  image: 'postgres:15-alpine',
  defaultPort: 5432,
  environmentVariables: { POSTGRES_USER: '{username}', POSTGRES_PASSWORD: '{generated_password}', POSTGRES_DB: '{username}_db', NOTE: '{name} {id} {slug} {hostname}:{port}' },
  connectionStringTemplate: 'postgresql://{username}:{password}@{subdomain}:{port}/{database}',
};

/** Says what it was given; a socket by default. */
const ENGINE: WorkloadInput['engine'] = {
  name: 'postgresql',
  defaults: { endpoint: 'socket', socketDirectory: '/var/run/db', socketName: 'db.sock', dataPath: '/var/lib/db' },
  launch: (input) => ({ command: input.command ?? ['serve', `--memory=${String(input.memoryBytes)}`], environment: { POSTGRES_USER: `launched ${input.username}` } }),
};
const GENERIC: WorkloadInput['engine'] = {
  name: 'generic',
  defaults: { endpoint: 'tcp', socketDirectory: null, socketName: null, dataPath: null },
  launch: (input) => ({ command: input.command, environment: {} }),
};

function instance(template: Partial<TemplateDocument> = {}, change: Partial<Instance> = {}): Instance {
  return {
    id: 'abc123def456',
    ownerId: 'u1',
    ownerName: 'ada',
    name: 'orders',
    templateKey: 'postgresql',
    type: 'postgresql',
    engine: 'postgresql',
    slug: 'ada-postgresql-abc123',
    port: 10_001,
    spec: {
      desired: 'running', generation: 1, restarts: 0, template: { ...TEMPLATE, ...template }, resources: { memoryBytes: MEMORY, cpus: 1, pids: 100 },
      username: 'ada', database: 'ada_db', sleepAfterMs: null, removeAfterMs: null, access: { tlsOnly: false, allow: [] },
    },
    status: {
      phase: 'pending', since: 0, observedGeneration: 0, restarts: 0, reason: null, progress: null, attempts: 0, nextTryAt: null, endpoint: null,
      startedAt: null, provisioned: false, crashes: [], version: null,
    },
    health: null,
    secrets: { password: 'sealed', nextPassword: null },
    createdAt: 0,
    updatedAt: 0,
    ...change,
  };
}

const build = (of: Instance, input: Partial<WorkloadInput> = {}): Workload => buildWorkload(of, { password: PASSWORD, engine: ENGINE, domain: 'db.example', ...input });

test('variables of the environment are filled, and what the engine says wins', () => {
  assert.deepEqual(build(instance()).environment, {
    POSTGRES_USER: 'launched ada',
    POSTGRES_PASSWORD: PASSWORD,
    POSTGRES_DB: 'ada_db',
    NOTE: 'orders abc123def456 ada-postgresql-abc123 ada-postgresql-abc123.db.example:10001',
  });
});

test('the engine gets the resolved socket, data directory, port and memory', () => {
  let seen: LaunchInput | undefined;
  const launch: WorkloadInput['engine']['launch'] = (input) => {
    seen = input;
    return { command: null, environment: {} };
  };
  build(instance(), { engine: { ...ENGINE, launch } });
  assert.ok(seen);
  const { socketDirectory, socketName, dataPath, port, memoryBytes, password } = seen;
  assert.deepEqual({ socketDirectory, socketName, dataPath, port, memoryBytes, password },
    { socketDirectory: '/var/run/db', socketName: 'db.sock', dataPath: '/var/lib/db', port: 5432, memoryBytes: MEMORY, password: PASSWORD });
});

test('a template may choose its socket directory, its data directory, TCP and its command', () => {
  assert.deepEqual(build(instance({ socketDirectory: '/sockets' })).endpoint, { kind: 'socket', directory: '/sockets', name: 'db.sock' });
  assert.equal(build(instance({ dataPath: '/elsewhere' })).dataPath, '/elsewhere');
  assert.deepEqual(build(instance({ endpoint: 'tcp' })).endpoint, { kind: 'tcp', port: 5432 });
  assert.deepEqual(build(instance({ command: ['run', '{username}@{port}'] })).command, ['run', 'ada@10001']);
});

test('the password is never put into a command', () => {
  assert.deepEqual(build(instance({ command: ['run', '{password}', '{generated_password}'] })).command, ['run', '{password}', '{generated_password}']);
});

test('a generic image is reached by its TCP port, keeps nothing unless told, and cannot have a socket', () => {
  const plain = build(instance({ type: 'memcached', defaultPort: 11_211, environmentVariables: {} }), { engine: GENERIC });
  assert.deepEqual([plain.endpoint, plain.dataPath, plain.command], [{ kind: 'tcp', port: 11_211 }, null, null]);
  assert.throws(() => build(instance({ endpoint: 'socket' }), { engine: GENERIC }), { code: 'invalid_template' });
});

test('the fingerprint changes with what a container is made of', () => {
  const before = build(instance()).fingerprint;
  const changes: Partial<TemplateDocument>[] = [
    { image: 'postgres:15' }, { defaultPort: 5433 }, { command: ['other'] }, { dataPath: '/other' }, { socketDirectory: '/other' }, { endpoint: 'tcp' },
    { environmentVariables: { ...TEMPLATE.environmentVariables, MORE: '1' } },
  ];
  const after = changes.map((change) => build(instance(change)).fingerprint);
  const { spec } = instance();
  after.push(build(instance({}, { spec: { ...spec, resources: { ...spec.resources, memoryBytes: 2 * MEMORY } } })).fingerprint);
  assert.equal(new Set([before, ...after]).size, changes.length + 2);
});

test('the fingerprint stays over a rotation, a rename, a change of state or of who may connect, and an upgrade of the engine code', () => {
  fc.assert(fc.property(fc.string(), fc.string(), fc.nat(), (password, name, generation) => {
    const before = instance();
    const renamed = instance({}, { name, spec: { ...before.spec, generation, desired: 'stopped', access: { tlsOnly: true, allow: ['10.0.0.0/8'] } } });
    const launch: WorkloadInput['engine']['launch'] = () => ({ command: ['newer'], environment: {} });
    assert.equal(build(renamed, { password, engine: { ...ENGINE, launch } }).fingerprint, build(before).fingerprint);
  }));
});

test('the order of the environment in the template does not matter', () => {
  const reversed = Object.fromEntries(Object.entries(TEMPLATE.environmentVariables ?? {}).reverse());
  assert.equal(build(instance({ environmentVariables: reversed })).fingerprint, build(instance()).fingerprint);
});
