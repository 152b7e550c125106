import type { FastifyRequest } from 'fastify';
import type { Claims } from './sign-in/access-tokens.ts';
import { DbmakerError } from '../domain/errors.ts';
import type { ApiToken, TokenScope, User } from '../domain/user/user.ts';

/** What somebody showed. */
export type Credential =
  | { readonly kind: 'api-token' }
  | { readonly kind: 'session'; readonly csrfToken: string }
  | { readonly kind: 'access-token'; readonly claims: Claims };

/** Who sent a request. */
export interface Caller {
  readonly user: User;
  /** For an access token: what stands for its sign-in. */
  readonly token: ApiToken;
  readonly by: Credential;
  /** Has the role *and* a token with the scope `admin`: sees and changes what belongs to others. */
  readonly isAdmin: boolean;
}

const RANK: Readonly<Record<TokenScope, number>> = { read: 1, write: 2, admin: 3 };

/** Whether a token with `scopes` may do what needs `needed`: `write` includes `read`, `admin` includes both. */
export function hasScope(scopes: readonly TokenScope[], needed: TokenScope): boolean {
  return scopes.some((scope) => RANK[scope] >= RANK[needed]);
}

/** @throws unauthenticated on a route that is open to all */
export function callerOf(request: FastifyRequest): Caller {
  if (request.caller === null) throw new DbmakerError('unauthenticated', 'Sign in first.');
  return request.caller;
}
