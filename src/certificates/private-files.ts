import { randomBytes } from 'node:crypto';
import { chmodSync, closeSync, fstatSync, fsyncSync, linkSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, statSync, unlinkSync, writeSync } from 'node:fs';
import path from 'node:path';
import { DbmakerError } from '../domain/errors.ts';

/** What a process that was killed while it wrote leaves behind. Old enough, nobody is at it any more. */
const DRAFT = /\.[0-9a-f]{12}\.draft$/;
const DRAFT_AGE_MS = 60 * 60_000;

/** Makes the directory, closed to others, and clears what killed writers left. */
export function prepareDirectory(directory: string, now: number): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if ((statSync(directory).mode & 0o077) !== 0) chmodSync(directory, 0o700);
  for (const name of readdirSync(directory)) {
    if (!DRAFT.test(name)) continue;
    const file = path.join(directory, name);
    const { mtimeMs } = statSync(file, { throwIfNoEntry: false }) ?? { mtimeMs: now };
    if (now - mtimeMs > DRAFT_AGE_MS) remove(file);
  }
}

/**
 * Makes a file of mode 0600 unless there is one: of several processes one wins, and whoever reads it finds it whole.
 * It is written and synced beside its place, then linked there, which fails if one is there.
 */
export function createOnce(file: string, text: string): void {
  const draft = writeDraft(file, text, 0o600);
  try {
    linkSync(draft, file);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error; // another process was first: its file is the one
  } finally {
    remove(draft);
  }
  syncDirectory(path.dirname(file));
}

/** Replaces a file: a kill or a power cut leaves the old one or the new one. */
export function replace(file: string, text: string, mode: number): void {
  renameSync(writeDraft(file, text, mode), file);
  syncDirectory(path.dirname(file));
}

/** Text of a file; null: there is none. */
export function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

/** The same for a secret. @throws DbmakerError invalid_configuration when other users of the machine can read it */
export function readSecretIfThere(file: string): string | null {
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
      throw new DbmakerError('invalid_configuration', `Other users of this machine can read the private key in ${file} (mode ${(mode & 0o777).toString(8)}).`,
        { remedy: `chmod 600 ${file}` });
    }
    return readFileSync(descriptor, 'utf8');
  } finally {
    closeSync(descriptor);
  }
}

/** Removes a file that may be gone already. */
export function remove(file: string): void {
  try {
    unlinkSync(file);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}

function writeDraft(file: string, text: string, mode: number): string {
  const draft = `${file}.${randomBytes(6).toString('hex')}.draft`;
  const descriptor = openSync(draft, 'wx', mode);
  try {
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  return draft;
}

function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

export function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
