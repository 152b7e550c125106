import type { SignInStore } from '../../domain/ports/sign-in-store.ts';
import type { Database } from '../database.ts';
import { Accounts } from './accounts.ts';
import { Attempts } from './attempts.ts';
import { EndedTokens } from './ended-tokens.ts';
import { Identities } from './identities.ts';
import { Oidc } from './oidc.ts';
import { Sessions } from './sessions.ts';

export class SignIn implements SignInStore {
  readonly accounts: Accounts;
  readonly identities: Identities;
  readonly sessions: Sessions;
  readonly oidc: Oidc;
  readonly endedTokens: EndedTokens;
  readonly attempts: Attempts;
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
    this.accounts = new Accounts(database);
    this.identities = new Identities(database);
    this.sessions = new Sessions(database);
    this.oidc = new Oidc(database);
    this.endedTokens = new EndedTokens(database);
    this.attempts = new Attempts(database);
  }

  async forgetExpired(): Promise<number> {
    const now = this.#database.clock.now();
    return this.#database.write(async (queries) => {
      let forgotten = 0;
      for (const table of ['oidc_records', 'ended_tokens', 'attempts'] as const) {
        const { numDeletedRows } = await queries.deleteFrom(table).where('expires_at', '<=', now).executeTakeFirst();
        forgotten += Number(numDeletedRows);
      }
      return forgotten;
    });
  }
}
