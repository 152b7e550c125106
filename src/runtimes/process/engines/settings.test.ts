import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { postgresql } from '../../../engines/postgresql/engine.ts';
import { FIXED_SETTINGS, identifier, literal, settingsFor } from './postgresql-settings.ts';
import { majorOf, settingsOf } from './settings.ts';

const MB = 1024 * 1024;

test('settings of a command are taken over, but for what the runtime decides', () => {
  const command = ['postgres', '-c', 'shared_buffers=64MB', '-cwork_mem=3MB', '--max_connections=51', '-c', 'Listen_Addresses=*', '-c', 'unix_socket_directories=/tmp', '-c'];
  assert.deepEqual(settingsOf(command, 'postgres', FIXED_SETTINGS), { shared_buffers: '64MB', work_mem: '3MB', max_connections: '51' });
  assert.deepEqual(settingsOf(['/usr/bin/redis-server', '--maxmemory', '1gb', '--dir', '/etc'], 'redis-server', new Set(['dir'])), { maxmemory: '1gb' });
  assert.deepEqual(settingsOf(['sh', '-c', 'exec redis-server --maxmemory 1'], 'redis-server', new Set()), {});
  assert.deepEqual(settingsOf(null, 'postgres', new Set()), {});
});

test('what the engine says for a container never moves socket, data or log', () => {
  const { command } = postgresql.launch({
    slug: 's', username: 'u', password: 'p', database: 'd', memoryBytes: 512 * MB, socketDirectory: '/var/run/postgresql', socketName: '.s.PGSQL.5432',
    dataPath: '/var/lib/postgresql/data', port: 5432, command: null, environment: {},
  });
  const settings = settingsOf(command, 'postgres', FIXED_SETTINGS);
  assert.ok('shared_buffers' in settings);
  for (const name of FIXED_SETTINGS) assert.ok(!(name in settings), name);
});

test('no word of a command can become another setting\'s name', () => {
  fc.assert(fc.property(fc.array(fc.string({ maxLength: 20 }), { maxLength: 6 }), (words) => {
    for (const name of Object.keys(settingsOf(['postgres', ...words], 'postgres', FIXED_SETTINGS))) {
      assert.match(name, /^[a-z][a-z0-9_.-]*$/);
      assert.ok(!FIXED_SETTINGS.has(name));
    }
  }));
});

test('the major version is what the tag says', () => {
  for (const [image, major] of [
    ['dbmaker/postgresql:15', 15], ['postgres:15.4-alpine', 15], ['redis:7-alpine', 7], ['registry:5000/postgres', null], ['postgres:latest', null], ['postgres', null],
    ['postgres:v16', 16], [`postgres:17@sha256:${'a'.repeat(64)}`, 17], ['postgres:bookworm', null],
  ] as const) assert.equal(majorOf(image), major, image);
});

test('memory settings leave room in small instances and grow with large ones', () => {
  fc.assert(fc.property(fc.integer({ min: 32, max: 65_536 }), (megabytes) => {
    const settings = settingsFor({ memoryBytes: megabytes * MB, cpus: 1, pids: 100 });
    const of = (name: string): number => Number.parseInt(settings[name] ?? '', 10);
    assert.ok(of('shared_buffers') + of('maintenance_work_mem') < megabytes / 2);
    assert.ok(of('max_connections') >= 20 && of('max_connections') <= 100);
    assert.ok(of('max_worker_processes') >= 4);
  }));
});

test('literals and identifiers end where they should', () => {
  fc.assert(fc.property(fc.string(), (text) => {
    assert.equal(literal(text).slice(1, -1).replaceAll('\'\'', '').includes('\''), false);
    assert.equal(identifier(text).slice(1, -1).replaceAll('""', '').includes('"'), false);
  }));
});
