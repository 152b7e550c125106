import { DbmakerError } from '../../domain/errors.ts';
import type { AuditFilter } from '../../domain/ports/store.ts';
import type { ApiContext, App } from '../app-type.ts';
import { callerOf } from '../caller.ts';
import { userIdOf } from '../owner-filter.ts';
import { AuditQuery, AuditRecord, auditView } from '../schemas/audit.ts';
import { DEFAULT_LIMIT, pageOf, problemResponse, ref } from '../schemas/common.ts';

/** ISO 8601, from the day on. */
const TIME = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?$/;

/** Who did what. */
export function registerAuditRoutes(app: App, { store }: ApiContext): void {
  app.get('/api/audit', {
    config: { access: 'read' },
    schema: {
      tags: ['audit'],
      summary: 'Who did what to which database from where, newest first',
      description: 'Every change that was asked for and every password that was shown, also those that were refused. Admins see all of it, everybody else what they did and what was done to what is theirs.',
      querystring: AuditQuery,
      response: { 200: pageOf(ref(AuditRecord)), ...problemResponse },
    },
  }, async (request) => {
    const caller = callerOf(request);
    const { limit = DEFAULT_LIMIT, cursor, user, instance, action, subject, from, to } = request.query;
    const filter: AuditFilter = {
      ...(caller.isAdmin ? {} : { concerns: caller.user.id }),
      ...(user === undefined ? {} : { actorId: await userIdOf(store, user) }),
      ...(instance === undefined ? {} : { instanceId: instance }),
      ...(action === undefined ? {} : { action }),
      ...(subject === undefined ? {} : { subject }),
      ...(from === undefined ? {} : { from: timeOf('/from', from) }),
      ...(to === undefined ? {} : { to: timeOf('/to', to) }),
    };
    const page = await store.audit.list(filter, { limit, ...(cursor === undefined ? {} : { cursor }) });
    return { items: page.items.map((entry) => auditView(entry, caller)), next: page.next };
  });
}

/** @throws invalid_request */
function timeOf(pointer: string, text: string): number {
  const at = TIME.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) throw new DbmakerError('invalid_request', `${pointer.slice(1)} is not a time.`, { fields: { [pointer]: 'must be a time such as 2026-01-31T12:00:00Z' } });
  return at;
}
