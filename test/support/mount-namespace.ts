import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import path from 'node:path';

/**
 * Runs the tests of a file in a mount namespace of its own: what they mount is gone with the last process in it, whatever happens. The child gets
 * `directory` as its only argument. Fails where one of them does, or none ran.
 */
export async function testInMountNamespace(file: string, directory: string): Promise<void> {
  // Without NODE_TEST_CONTEXT: the child shall print what a person can read.
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
  const asRoot = process.getuid?.() === 0 ? [] : ['--map-root-user'];
  const child = spawn('unshare', ['--mount', ...asRoot, process.execPath, file, directory], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  const [code] = await once(child, 'close');
  assert.equal(code, 0, output);
  assert.match(output, /pass [1-9]/);
}

/** Mounts an empty file system, in memory. `size`, `mode`: as mount(8) takes them, e.g. `160m` and `0711`. @returns its directory */
export function mountEmpty(base: string, name: string, { size, mode }: { size: string; mode: string }): string {
  const directory = path.join(base, name);
  mkdirSync(directory);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=${mode}`, 'tmpfs', directory]);
  return directory;
}
