import { formatDuration, parseDuration } from '../domain/duration.ts';
import { DbmakerError } from '../domain/errors.ts';
import { displayTextProblem } from '../domain/names.ts';
import type { Store } from '../domain/ports/store.ts';
import type { TokenScope, User } from '../domain/user/user.ts';
import type { ApiContext } from './app-type.ts';
import type { Caller } from './caller.ts';
import { hasScope } from './caller.ts';
import { throwFields } from './instance-input.ts';
import { tokenView } from './present.ts';
import { newApiToken, randomId } from './secrets.ts';
import { beganOf } from './sign-in/sessions.ts';

const DAY_MS = 86_400_000;
const DEFAULT_LIFE_MS = 90 * DAY_MS;
const MAX_LIFE_MS = 365 * DAY_MS;
const MAX_TOKENS = 100;

export interface AskedToken {
  readonly name: string;
  readonly scopes?: readonly TokenScope[];
  readonly expiresIn?: string;
}

/**
 * Makes a token for `owner`. It can do no more than the token that asks for it, and no more than its owner's role; where an API token asks, it also ends
 * no later, so that what was given out for an hour is not good for ever.
 * @returns what is shown, with the secret: this once
 * @throws invalid_request, forbidden, quota_exceeded, unauthenticated (what the caller has shown was ended meanwhile)
 */
export async function issueToken({ store, clock, signInCheck }: ApiContext, owner: User, caller: Caller, asked: AskedToken): Promise<ReturnType<typeof tokenView> & { token: string }> {
  const life = asked.expiresIn === undefined ? DEFAULT_LIFE_MS : parseDuration(asked.expiresIn);
  const nameProblem = displayTextProblem(asked.name, 100);
  throwFields({
    ...(nameProblem === null ? {} : { '/name': nameProblem }),
    ...(typeof life === 'number' && life <= MAX_LIFE_MS ? {} : { '/expiresIn': `must be a duration such as 30d, at most ${formatDuration(MAX_LIFE_MS)}` }),
  });
  const scopes: TokenScope[] = [...new Set(asked.scopes ?? (['read', 'write'] as const))];
  for (const scope of scopes) {
    if (!hasScope(caller.token.scopes, scope)) throw new DbmakerError('forbidden', `Your own token does not have the scope ${scope}, so it cannot give it.`);
    if (scope === 'admin' && owner.role !== 'admin') throw new DbmakerError('forbidden', 'Only a token of an admin can have the scope admin.');
  }
  const expiresAt = Math.min(clock.now() + Number(life), await endOf(store, caller));
  const { secret, hash } = newApiToken();
  const token = await store.tokens.create({ id: randomId(), userId: owner.id, name: asked.name, scopes, expiresAt }, hash, {
    by: { userId: caller.user.id, beganWith: caller.token.id, began: beganOf(signInCheck, caller) }, most: MAX_TOKENS,
  });
  return { ...tokenView(token), token: secret };
}

/** When what a caller shows is over for good, milliseconds since 1970; Infinity: never, as sign-ins of people can be renewed. */
async function endOf(store: Pick<Store, 'tokens'>, { user, token, by }: Caller): Promise<number> {
  if (by.kind === 'access-token') return Infinity;
  if (by.kind === 'api-token') return token.expiresAt ?? Infinity;
  // A session: what it began with is listed where that is an API token.
  return (await store.tokens.listByUser(user.id)).find(({ id }) => id === token.beganWith)?.expiresAt ?? Infinity;
}
