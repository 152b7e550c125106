import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { LaunchInput } from '../domain/ports/engine.ts';
import { createEngines } from './index.ts';

const { postgresql, redis, generic } = createEngines();
const MIB = 1024 * 1024;

const input = (change: Partial<LaunchInput> = {}): LaunchInput => ({
  slug: 'ada-db-x1', username: 'ada', password: 'pa55word-of-ada', database: 'ada_db', memoryBytes: 512 * MIB, socketDirectory: '/sockets', socketName: 'name.sock',
  dataPath: '/kept', port: 7777, command: null, environment: {}, ...change,
});
const commandOf = (of: LaunchInput, engine = postgresql): string[] => [...(engine.launch(of).command ?? [])];
const settingOf = (of: LaunchInput, name: string): string | undefined => commandOf(of).find((argument) => argument.startsWith(`${name}=`))?.slice(name.length + 1);

test('no secret is ever in a command', () => {
  for (const engine of [postgresql, redis, generic]) assert.ok(!commandOf(input(), engine).join(' ').includes('pa55word-of-ada'));
});

test('a command of the template wins', () => {
  for (const engine of [postgresql, redis, generic]) assert.deepEqual(commandOf(input({ command: ['own', 'command'] }), engine), ['own', 'command']);
});

test('PostgreSQL: login, database and SCRAM are set whatever the template says, its other arguments for initdb are kept', () => {
  const environment = { POSTGRES_USER: 'eve', POSTGRES_HOST_AUTH_METHOD: 'trust', POSTGRES_INITDB_ARGS: '--data-checksums' };
  assert.deepEqual(postgresql.launch(input({ environment })).environment, {
    POSTGRES_USER: 'ada', POSTGRES_PASSWORD: 'pa55word-of-ada', POSTGRES_DB: 'ada_db', PGDATA: '/kept',
    POSTGRES_INITDB_ARGS: '--data-checksums --auth=scram-sha-256', POSTGRES_HOST_AUTH_METHOD: 'scram-sha-256',
  });
});

test('PostgreSQL: a PGDATA of the template stays, and is not made up where nothing is kept', () => {
  assert.equal('PGDATA' in postgresql.launch(input({ environment: { PGDATA: '/kept/18' } })).environment, false);
  assert.equal('PGDATA' in postgresql.launch(input({ dataPath: null })).environment, false);
});

test('PostgreSQL: with a socket it listens there only, without one on its usual address', () => {
  assert.equal(settingOf(input(), 'listen_addresses'), '');
  assert.equal(settingOf(input(), 'unix_socket_directories'), '/sockets');
  assert.equal(settingOf(input({ socketDirectory: null, socketName: null }), 'listen_addresses'), undefined);
});

test('PostgreSQL: memory settings fit any limit', () => {
  fc.assert(fc.property(fc.integer({ min: 64, max: 1024 * 1024 }), (mebibytes) => {
    const of = input({ memoryBytes: mebibytes * MIB });
    const megabytes = (name: string): number => Number.parseInt(settingOf(of, name) ?? '', 10);
    assert.ok(megabytes('shared_buffers') >= 16 && megabytes('shared_buffers') <= mebibytes / 2);
    assert.ok(megabytes('maintenance_work_mem') + megabytes('shared_buffers') < mebibytes);
    const connections = Number(settingOf(of, 'max_connections'));
    assert.ok(Number.isInteger(connections) && connections >= 25 && connections <= 400);
  }));
});

test('Redis: listens on the socket alone, or on the template\'s port', () => {
  const socket = commandOf(input(), redis).join(' ');
  assert.match(socket, /--port 0 --unixsocket \/sockets\/name\.sock /);
  assert.match(commandOf(input({ socketDirectory: null, socketName: null }), redis).join(' '), /--port 7777 --bind \* -::\*/);
  assert.match(socket, /--dir \/kept .*--aclfile \/kept\/users\.acl --appendonly yes/);
  assert.match(socket, /--maxmemory 402653184 --maxmemory-policy noeviction/);
});

test('generic: nothing is added', () => {
  assert.deepEqual(generic.launch(input()), { command: null, environment: {} });
});
