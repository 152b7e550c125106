import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '../../../test/support/tmp.ts';
import { isDbmakerError } from '../../domain/errors.ts';
import { lockHome } from './home-lock.ts';

const taken = (home: string) => (error: unknown): boolean => isDbmakerError(error, 'conflict') && error.message.includes(home);

test('a home has one server at a time, and another one once that has let go', async () => {
  await using home = await temporaryDirectory();
  const { release } = lockHome(home.path);
  assert.throws(() => lockHome(home.path), taken(home.path));
  assert.equal(statSync(path.join(home.path, 'server.lock')).mode & 0o777, 0o600);
  release();
  lockHome(home.path).release();
});

test('a server that was killed holds nothing any more', async () => {
  await using home = await temporaryDirectory();
  const script = `import { lockHome } from ${JSON.stringify(path.join(import.meta.dirname, 'home-lock.ts'))}; lockHome(${JSON.stringify(home.path)}); console.log('locked'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  await once(child.stdout, 'data');
  assert.throws(() => lockHome(home.path), taken(home.path));
  child.kill('SIGKILL');
  await ended;
  lockHome(home.path).release();
});
