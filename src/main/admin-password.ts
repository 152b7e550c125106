import { link, rm } from 'node:fs/promises';
import path from 'node:path';
import { randomId } from '../api/secrets.ts';
import type { LocalAccounts } from '../domain/ports/issuer.ts';
import type { Store } from '../domain/ports/store.ts';
import { ADMIN_ID } from './bootstrap.ts';
import { readIfThere, writePrivate } from './private-file.ts';

export interface AdminPasswordNeeds {
  readonly accounts: Pick<LocalAccounts, 'create'>;
  readonly store: Pick<Store, 'signIn'>;
  readonly home: string;
  /** Somebody sits before what is printed. Elsewhere it is kept for good, in a journal or the log of a container. */
  readonly isTerminal: boolean;
}

/** Where the one-time password of the first account is. */
export type FirstPassword = { readonly password: string } | { readonly file: string };

const fileIn = (home: string): string => path.join(home, 'admin.password');

/**
 * Makes the account of the first admin if there is none. Its one-time password is handed back to be said on a terminal, this once; where there is none it is
 * in a file that only we can read, until it has been changed.
 * @returns null: there is nothing to say (any more)
 */
export async function firstPassword({ accounts, store, home, isTerminal }: AdminPasswordNeeds): Promise<FirstPassword | null> {
  const file = fileIn(home);
  const done = { isKept: false };
  const password = await accounts.create(ADMIN_ID, async (fresh) => {
    if (isTerminal) return fresh;
    done.isKept = true;
    return kept(file, fresh);
  });
  if (password !== null && isTerminal) {
    await forgetPassword(home); // of a start that was cut off
    return { password };
  }
  if (password === null && done.isKept) await forgetPassword(home); // another process was faster, with a home of its own
  if ((await store.signIn.accounts.get(ADMIN_ID))?.mustChange !== true) await forgetPassword(home); // as another process has seen
  return (await readIfThere(file)) === null ? null : { file };
}

/** It was changed, or another one was given. */
export async function forgetPassword(home: string): Promise<void> {
  await rm(fileIn(home), { force: true });
}

/**
 * Before there is an account with it, so that a kill in between only makes the same account at the next start; of several processes the first one's is that of all.
 * @returns what is in the file
 */
async function kept(file: string, fresh: string): Promise<string> {
  const mine = `${file}.${randomId()}`;
  await writePrivate(mine, `${fresh}\n`);
  try {
    await link(mine, file);
    return fresh;
  } catch (error) {
    const found = (error as NodeJS.ErrnoException).code === 'EEXIST' ? (await readIfThere(file))?.trim() : undefined;
    if (found === undefined) throw error;
    return found;
  } finally {
    await rm(mine, { force: true });
  }
}
