import { isDbmakerError } from '../../domain/errors.ts';
import { displayTextProblem, emailProblem } from '../../domain/names.ts';
import type { Store } from '../../domain/ports/store.ts';
import type { Quota, Role, User } from '../../domain/user/user.ts';
import { usernameFrom } from '../../domain/user/username-from.ts';
import { randomId } from '../secrets.ts';
import type { Claims } from './access-tokens.ts';

/** So many people may be called the same. */
const ATTEMPTS = 200;
const LONGEST_NAME = 100;

export interface PeopleOptions {
  readonly store: Pick<Store, 'users' | 'signIn'>;
  readonly defaultQuota: Quota;
  /** Value of `roles` that makes an admin; null: the issuer tells no roles. */
  readonly adminRole: string | null;
}

/** People of an issuer outside of DbMaker. */
export class People {
  readonly #options: PeopleOptions;

  constructor(options: PeopleOptions) {
    this.#options = options;
  }

  /** null: they have not signed in yet. */
  async find(claims: Claims): Promise<User | null> {
    return this.#options.store.signIn.identities.find({ issuer: claims.issuer, subject: claims.subject });
  }

  /** The user that belongs to it, made if need be, with what the issuer has said last: an older token brings nothing back. The username stays. */
  async signIn(claims: Claims): Promise<User> {
    if ((await this.find(claims)) === null) await this.#create(claims);
    const [displayName, email, role] = [displayNameOf(claims), emailOf(claims), this.#role(claims)];
    const change = { ...(displayName === null ? {} : { displayName }), ...(email === null ? {} : { email }), ...(role === null ? {} : { role }) };
    return this.#options.store.signIn.identities.bring({ issuer: claims.issuer, subject: claims.subject }, change, claims.issuedAt);
  }

  /** Whether this token is one of an admin, for a user who is one. */
  isAdmin({ roles }: Claims): boolean {
    return this.#options.adminRole === null || roles.includes(this.#options.adminRole);
  }

  async #create(claims: Claims): Promise<User> {
    const { store, defaultQuota } = this.#options;
    const called = claims.email ?? claims.preferredUsername ?? claims.name ?? 'user';
    for (let attempt = 1; ; attempt += 1) {
      const username = usernameFrom(called, attempt);
      try {
        return await store.signIn.identities.create({ issuer: claims.issuer, subject: claims.subject }, {
          id: randomId(), username, displayName: displayNameOf(claims) ?? username, email: emailOf(claims), role: this.#role(claims) ?? 'user', quota: defaultQuota,
        });
      } catch (error) {
        if (!isDbmakerError(error, 'name_taken') || attempt >= ATTEMPTS) throw error;
      }
    }
  }

  #role({ roles }: Claims): Role | null {
    const { adminRole } = this.#options;
    if (adminRole === null) return null;
    return roles.includes(adminRole) ? 'admin' : 'user';
  }
}

function displayNameOf({ name }: Claims): string | null {
  const cut = name?.slice(0, LONGEST_NAME).trim() ?? '';
  return displayTextProblem(cut, LONGEST_NAME) === null ? cut : null;
}

function emailOf({ email, preferredUsername }: Claims): string | null {
  return [email, preferredUsername].find((text) => text !== null && emailProblem(text) === null) ?? null;
}
