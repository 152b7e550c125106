/**
 * What a run of the tests made of secrets and of logs, for scripts/test/secrets.mjs to look whether any log has any of them. Without
 * DBM_TEST_SECRETS (a directory; `npm test` sets it) nothing is noted.
 */
import { appendFileSync, existsSync, linkSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { passwordContext } from '../../src/domain/ports/secret-box.ts';
import { openSecretBox } from '../../src/store/index.ts';

export type SecretKind = 'password' | 'API token' | 'encryption key' | 'secret' | 'private key';

/** Shorter ones were made up by a test, and would be found in innocent text. */
const SHORTEST = 12;

const directory = process.env['DBM_TEST_SECRETS'];
const noted = new Set<string>();
let logs = 0;

export function noteSecret(kind: SecretKind, value: string): void {
  if (directory === undefined || value.length < SHORTEST || noted.has(value)) return;
  noted.add(value);
  appendFileSync(path.join(directory, `${process.pid}.jsonl`), `${JSON.stringify({ kind, value })}\n`, { mode: 0o600 });
}

/** Whatever in a body of the API is a secret by the name of its member. */
export function noteSecretsIn(body: unknown): void {
  if (directory === undefined || typeof body !== 'object' || body === null) return;
  for (const [name, value] of Object.entries(body)) {
    if (typeof value !== 'string') noteSecretsIn(value);
    else if (name === 'password') noteSecret('password', value);
    else if (name === 'token' && value.startsWith('dbm_')) noteSecret('API token', value);
    else if (name === 'secret') noteSecret('secret', value);
  }
}

/** The keys of an installation: that of its store, and those of its certificates. */
export function noteKeysOf(home: string): void {
  if (directory === undefined) return;
  const key = readIfThere(path.join(home, 'secret.key')).trim();
  noteSecret('encryption key', key);
  noteSecret('encryption key', Buffer.from(key, 'base64').toString('hex'));
  noteSecret('API token', readIfThere(path.join(home, 'admin.token')).trim());
  for (const name of namesIn(path.join(home, 'certificates'))) {
    // Its second line: the first one begins alike in all keys of a kind.
    const line = /-----BEGIN [A-Z ]*PRIVATE KEY-----\n.*\n(.*)\n/.exec(readIfThere(path.join(home, 'certificates', name)))?.[1];
    noteSecret('private key', line ?? '');
  }
}

/** Passwords of all databases in a home, also of those that no test asks for. Only while its server runs. */
export async function notePasswordsIn(home: string, key: string | null): Promise<void> {
  if (directory === undefined) return;
  try {
    const box = await openSecretBox({ home, key });
    const store = new DatabaseSync(path.join(home, 'dbmaker.sqlite'), { readOnly: true });
    try {
      for (const row of store.prepare('select id, password, next_password from instances').all() as { id: string; password: string; next_password: string | null }[]) {
        for (const sealed of [row.password, row.next_password]) if (sealed !== null) noteSecret('password', box.open(sealed, passwordContext(row.id)));
      }
    } finally {
      store.close();
    }
  } catch {
    // Some tests break the store on purpose; those passwords that they ask for are noted all the same.
  }
}

/** Keeps a log that is being written beyond the end of its temporary directory. The file has to be there. */
export function keepLog(file: string): void {
  if (directory === undefined) return;
  linkSync(file, nameFor(directory, path.basename(file, '.log')));
}

export function keepLogText(name: string, text: string): void {
  if (directory !== undefined && text !== '') writeFileSync(nameFor(directory, name), text, { mode: 0o600 });
}

function nameFor(folder: string, name: string): string {
  logs += 1;
  return path.join(folder, `${path.basename(process.argv[1] ?? 'test')}-${name}-${process.pid}-${logs}.log`);
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // not every home has every key
  }
}
