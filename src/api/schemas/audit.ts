import { Type } from 'typebox';
import type { Static } from 'typebox';
import { OUTCOMES, type AuditEntry } from '../../domain/audit/entry.ts';
import type { Caller } from '../caller.ts';
import { nullable, oneOf, PageQuery, strictObject, Time } from './common.ts';

const filter = {
  user: Type.Optional(Type.String({ maxLength: 40, description: 'Username: what they did.' })),
  instance: Type.Optional(Type.String({ maxLength: 64, description: 'Id of a database, also of one that is gone.' })),
  action: Type.Optional(Type.String({ maxLength: 100, description: 'What was done.', examples: ['instance.delete'] })),
  subject: Type.Optional(Type.String({ maxLength: 100, description: 'What it was done to, as it is written down: the slug of a database, a username, the id of a token or webhook.', examples: ['ann-redis-x7q2'] })),
  outcome: Type.Optional(oneOf(OUTCOMES, { description: 'How it ended.' })),
  from: Type.Optional(Type.String({ maxLength: 40, description: 'Not before this time (ISO 8601).', examples: ['2026-01-31T12:00:00Z'] })),
  to: Type.Optional(Type.String({ maxLength: 40, description: 'Before this time (ISO 8601).' })),
};

export const AuditFilterQuery = strictObject(filter);

export const AuditQuery = strictObject({ ...PageQuery, ...filter });

export const AuditRecord = Type.Object({
  id: Type.Integer({ description: 'Rises.' }),
  at: Time,
  actor: Type.Object({
    kind: oneOf(['user', 'system', 'unknown'] as const, { description: '`system`: DbMaker by itself; `unknown`: somebody without a valid token.' }),
    id: nullable(Type.String()),
    name: Type.String(),
  }),
  tokenId: nullable(Type.String()),
  source: nullable(Type.String({ description: 'Address that the request came from.' })),
  requestId: nullable(Type.String()),
  action: Type.String(),
  subject: nullable(Type.String({ description: 'What it was done to, in words.' })),
  instanceId: nullable(Type.String()),
  outcome: oneOf(OUTCOMES, { description: '`begun`: how it ended is not known, as the server ended in the middle.' }),
  code: nullable(Type.String({ description: 'Of the error.' })),
  detail: Type.Record(Type.String(), Type.Unknown(), { description: 'What was asked for.' }),
}, { $id: 'AuditRecord' });

/** As `caller` may see it: where other people work from, and with which token, only admins see. */
export function auditView(entry: AuditEntry, caller: Caller): Static<typeof AuditRecord> {
  const { id, at, actor, tokenId, source, requestId, action, subject, instanceId, ownerId, outcome, code, detail } = entry;
  const open = caller.isAdmin || actor.id === caller.user.id;
  // Who asked for what belongs to somebody else is not told whether it exists, unless it was done: then it is shared with them, or was.
  const named = caller.isAdmin || ownerId === null || ownerId === caller.user.id || (actor.id === caller.user.id && outcome === 'ok');
  return {
    id,
    at: new Date(at).toISOString(),
    actor,
    tokenId: open ? tokenId : null,
    source: open || actor.kind === 'unknown' ? source : null,
    requestId: open ? requestId : null,
    action,
    subject: named ? subject : null,
    instanceId: named ? instanceId : null,
    outcome,
    code,
    detail,
  };
}
