import { Type } from 'typebox';
import { DbmakerError } from '../../domain/errors.ts';
import type { ApiContext, App } from '../app-type.ts';
import { noteAudit } from '../audit.ts';
import { callerOf } from '../caller.ts';
import { tokenView } from '../present.ts';
import { IdParams, problemResponse, ref } from '../schemas/common.ts';
import { NewToken, NewTokenBody, Token } from '../schemas/user.ts';
import { issueToken } from '../tokens.ts';

const tags = ['tokens'];

/** Everybody's own tokens. */
export function registerTokenRoutes(app: App, context: ApiContext): void {
  const { store, openAnswers } = context;

  app.get('/api/tokens', {
    config: { access: 'read' },
    schema: { tags, summary: 'Your tokens, without their secrets', response: { 200: Type.Object({ items: Type.Array(ref(Token)) }), ...problemResponse } },
  }, async (request) => ({ items: (await store.tokens.listByUser(callerOf(request).user.id)).map(tokenView) }));

  app.post('/api/tokens', {
    config: { access: 'write', audit: { action: 'token.create', detail: ['name', 'scopes', 'expiresIn'] } },
    schema: {
      tags, summary: 'Make a token; its secret is shown this once',
      description: 'It can do no more than what asks for it. Asked for with an API token, or with a session that one has begun, it also ends no later.',
      body: NewTokenBody, response: { 201: ref(NewToken), ...problemResponse },
    },
  }, async (request, reply) => {
    const caller = callerOf(request);
    const token = await issueToken(context, caller.user, caller, request.body);
    noteAudit(request, { subject: token.id, ownerId: caller.user.id });
    return reply.code(201).send(token);
  });

  app.delete('/api/tokens/:id', {
    config: { access: 'write', audit: { action: 'token.delete' } },
    schema: { tags, summary: 'Revoke a token at once', params: IdParams, response: { 204: Type.Null(), ...problemResponse } },
  }, async (request, reply) => {
    const { user } = callerOf(request);
    if (!(await store.tokens.delete(user.id, request.params.id))) throw new DbmakerError('not_found', 'You have no such token.');
    openAnswers.lookAgain(user.id);
    return reply.code(204).send(null);
  });
}
