import path from 'node:path';
import { hashApiToken, isApiToken, newApiToken, randomId } from '../api/secrets.ts';
import type { Config } from '../config/config.ts';
import type { Store } from '../domain/ports/store.ts';
import { readIfThere, writePrivate } from './private-file.ts';

export const ADMIN_ID = 'admin';

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
  const found = (await readIfThere(file))?.trim() ?? '';
  const existing = isApiToken(found) ? found : null;
  const known = existing !== null && (await store.tokens.findByHash(hashApiToken(existing))) !== null;
  if (known) await store.settings.putIfAbsent(issuedKey(existing), 'yes'); // a kill may have come before it was noted
  // Revoked on purpose, or the file was removed on purpose, while another token is there: respect that.
  if (known || (await store.tokens.listByUser(ADMIN_ID)).length > 0) return { file, created: false };
  const fresh = existing !== null && (await store.settings.get(issuedKey(existing))) === null; // of a start that was cut off
  const secret = fresh ? existing : newApiToken().secret;
  if (!fresh) await writePrivate(file, `${secret}\n`);
  await store.tokens.create({ id: randomId(), userId: ADMIN_ID, name: 'first start', scopes: ['read', 'write', 'admin'], expiresAt: null }, hashApiToken(secret));
  await store.settings.putIfAbsent(issuedKey(secret), 'yes');
  return { file, created: true };
}

/** Says that this token had a row: one without a row was revoked, and must not come back because its file is still there. */
function issuedKey(secret: string): string {
  return `admin-token-issued:${hashApiToken(secret)}`;
}
