import { open, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { hashApiToken, newApiToken, randomId } from '../api/secrets.ts';
import type { Config } from '../config/config.ts';
import type { Store } from '../domain/ports/store.ts';

const ADMIN_ID = 'admin';

/**
 * Makes the admin account and its first API token, written to `$DBMAKER_HOME/admin.token` (0600).
 * The file comes first and the row second, so that a kill in between only makes the same token's row again at the next start.
 * @returns path of the token file, and whether it was made just now
 */
export async function ensureAdmin(store: Store, config: Config): Promise<{ file: string; created: boolean }> {
  const file = path.join(config.home, 'admin.token');
  if ((await store.users.get(ADMIN_ID)) === null) {
    await store.users.create({ id: ADMIN_ID, username: 'admin', displayName: 'Administrator', email: null, role: 'admin', quota: config.defaultQuota });
  }
  const existing = await readIfThere(file);
  const tokens = await store.tokens.listByUser(ADMIN_ID);
  const known = existing !== null && (await store.tokens.findByHash(hashApiToken(existing.trim()))) !== null;
  // Revoked on purpose, or the file was removed on purpose, while another token is there: respect that.
  if (known || tokens.length > 0) return { file, created: false };
  const secret = existing?.trim() ?? newApiToken().secret;
  if (existing === null) await writePrivate(file, `${secret}\n`);
  await store.tokens.create({ id: randomId(), userId: ADMIN_ID, name: 'first start', scopes: ['read', 'write', 'admin'], expiresAt: null }, hashApiToken(secret));
  return { file, created: true };
}

async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Whole or not at all, readable by nobody else. */
async function writePrivate(file: string, text: string): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  const handle = await open(temporary, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
}
