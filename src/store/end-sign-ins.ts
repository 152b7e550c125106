import type { SignInsToEnd } from '../domain/ports/sign-in-store.ts';
import type { SignInsEnded } from '../domain/user/user.ts';
import type { Database } from './database.ts';
import type { Queries } from './schema.ts';

/** In the same transaction: no session is left, and no sign-in of before is believed any more. */
export async function endSignIns(database: Database, queries: Queries, userId: string, { keep, tokens }: SignInsToEnd): Promise<SignInsEnded> {
  const at = database.clock.now();
  await queries.updateTable('users').set({ sign_ins_ended_at: at, sign_in_kept: keep }).where('id', '=', userId).execute(); // locks the user
  await queries.deleteFrom('tokens').where('user_id', '=', userId)
    .where((token) => {
      const session = token.and([token('began_with', 'is not', null), ...(keep === null ? [] : [token('began_with', '<>', keep)])]);
      return tokens ? token.or([session, token('began_with', 'is', null)]) : session;
    }).execute();
  return { at, kept: keep };
}
