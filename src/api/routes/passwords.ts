import { Type } from 'typebox';
import { DbmakerError } from '../../domain/errors.ts';
import type { LocalAccounts } from '../../domain/ports/issuer.ts';
import type { ApiContext, App } from '../app-type.ts';
import { noteAudit, sourceOf } from '../audit.ts';
import { callerOf, type Caller } from '../caller.ts';
import { IdParams, problemResponse, strictObject } from '../schemas/common.ts';
import { endSignInsOf } from '../sign-in/end-all.ts';

const tags = ['users'];
const Secret = Type.String({ minLength: 1, maxLength: 1000 });

/** Passwords of local accounts. */
export function registerPasswordRoutes(app: App, context: ApiContext): void {
  const { store } = context;

  app.post('/api/users/:id/password', {
    config: { access: 'admin', audit: { action: 'user.password-reset', detail: ['revokeTokens'] } },
    preValidation: async (request) => { (request as { body: unknown }).body ??= {}; },
    schema: {
      tags, summary: 'Give a user a one-time password; it is shown this once', params: IdParams,
      description: 'It has to be changed at the first sign-in. All sign-ins of that user end. API tokens stay, unless `revokeTokens` says otherwise: whoever knew the old password may have made some. '
        + 'Only with local accounts.',
      body: strictObject({ revokeTokens: Type.Optional(Type.Boolean({ description: 'Their API tokens are revoked as well.' })) }),
      response: { 200: Type.Object({ username: Type.String(), password: Type.String({ description: 'Good for one sign-in.' }) }), ...problemResponse },
    },
  }, async (request) => {
    const accounts = localAccounts();
    const user = await store.users.get(request.params.id);
    if (user === null) throw new DbmakerError('not_found', 'There is no such user.');
    noteAudit(request, { subject: user.username, ownerId: user.id });
    const tokens = request.body.revokeTokens === true;
    const password = await accounts.setOneTimePassword(user.id, { tokens });
    await endSignInsOf(context, user.id, { tokens });
    return { username: user.username, password };
  });

  app.put('/api/users/profile/password', {
    config: { access: 'write', audit: { action: 'user.password' } },
    schema: {
      tags, summary: 'Change your own password', body: strictObject({ current: Secret, next: Secret }),
      description: 'Your other sign-ins end; API tokens stay. Only with local accounts.', response: { 204: Type.Null(), ...problemResponse },
    },
  }, async (request, reply) => {
    const caller = callerOf(request);
    noteAudit(request, { subject: caller.user.username, ownerId: caller.user.id });
    const keep = signInOf(caller);
    await localAccounts().changePassword(caller.user.id, caller.user.username, request.body, { source: sourceOf(request), keep });
    await endSignInsOf(context, caller.user.id, { keep });
    return reply.code(204).send(null);
  });

  /** @throws unsupported */
  function localAccounts(): LocalAccounts {
    if (context.signIn.kind === 'embedded') return context.signIn.issuer.accounts;
    throw new DbmakerError('unsupported', 'There are no passwords here.', { remedy: `People sign in at ${new URL(context.signIn.oidc.authority).host}, and change their passwords there.` });
  }
}

/** Id of the sign-in (or token) that a request belongs to. */
function signInOf({ by, token }: Caller): string {
  return by.kind === 'session' ? (token.beganWith ?? token.id) : token.id;
}
