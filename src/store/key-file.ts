import { randomBytes } from 'node:crypto';
import { closeSync, fstatSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs';
import path from 'node:path';
import { DbmakerError } from '../domain/errors.ts';

export const KEY_BYTES = 32;

/**
 * The key in `$home/secret.key` (base64, mode 0600), made when there is none. Processes that start at once agree on one key, and a kill
 * leaves either no key or a whole one: it is written and synced beside its place, then linked there, which fails if one is there.
 * @throws DbmakerError invalid_configuration
 */
export function readOrCreateKey(home: string): Buffer {
  const file = path.join(home, 'secret.key');
  try {
    const existing = readKey(file);
    if (existing) return existing;
    mkdirSync(home, { recursive: true, mode: 0o711 });
    createKey(file);
    const made = readKey(file);
    if (made) return made;
  } catch (error) {
    if (error instanceof DbmakerError) throw error;
    throw new DbmakerError('invalid_configuration', `The key file ${file} cannot be read or made.`,
      { cause: error, remedy: `Check that ${home} is writable and belongs to the user that runs DbMaker.` });
  }
  throw new DbmakerError('invalid_configuration', `The key file ${file} vanished while it was being made.`, { remedy: 'Start again.' });
}

function createKey(file: string): void {
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  const descriptor = openSync(draft, 'wx', 0o600);
  try {
    writeSync(descriptor, `${randomBytes(KEY_BYTES).toString('base64')}\n`);
    fsyncSync(descriptor);
    linkSync(draft, file);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error; // another process was first: its key is the one
  } finally {
    closeSync(descriptor);
    unlinkSync(draft);
  }
  const directory = openSync(path.dirname(file), 'r');
  fsyncSync(directory);
  closeSync(directory);
}

function readKey(file: string): Buffer | null {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
  try {
    const { mode } = fstatSync(descriptor);
    if ((mode & 0o077) !== 0) {
      throw new DbmakerError('invalid_configuration', `Other users of this machine can read the key file ${file} (mode ${(mode & 0o777).toString(8)}).`,
        { remedy: `chmod 600 ${file}` });
    }
    const text = readFileSync(descriptor, 'utf8').trim();
    const key = Buffer.from(text, 'base64');
    if (key.length !== KEY_BYTES || key.toString('base64') !== text) {
      throw new DbmakerError('invalid_configuration', `The key file ${file} is damaged: it must hold 32 bytes in base64.`, { remedy: 'Restore it from a backup.' });
    }
    return key;
  } finally {
    closeSync(descriptor);
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
