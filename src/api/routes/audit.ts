import { Type } from 'typebox';
import type { Static } from 'typebox';
import { IsDate } from 'typebox/format';
import type { Readable } from 'node:stream';
import { DbmakerError } from '../../domain/errors.ts';
import type { AuditFilter } from '../../domain/ports/store.ts';
import type { ApiContext, App } from '../app-type.ts';
import { onAnswerEnd } from '../answer-end.ts';
import { auditCsv } from '../audit-export.ts';
import { callerOf, type Caller } from '../caller.ts';
import { OpenStreams } from '../open-streams.ts';
import { userIdOf } from '../owner-filter.ts';
import { AuditFilterQuery, AuditQuery, AuditRecord, auditView } from '../schemas/audit.ts';
import { DEFAULT_LIMIT, pageOf, problemResponse, ref } from '../schemas/common.ts';

const tags = ['audit'];
/** ISO 8601, from the day on. */
const TIME = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?$/;
/** Exports that one person may have under way. */
const MAX_EXPORTS = 2;

/** Who did what. */
export function registerAuditRoutes(app: App, { store, clock, openAnswers }: ApiContext): void {
  const open = new OpenStreams(MAX_EXPORTS, 'exports of the audit');

  app.get('/api/audit', {
    config: { access: 'read' },
    schema: {
      tags,
      summary: 'Who did what to which database from where, newest first',
      description: 'Every change that was asked for and every password that was shown, also those that were refused. Admins see all of it, everybody else what they did and what was done to what is theirs.',
      querystring: AuditQuery,
      response: { 200: pageOf(ref(AuditRecord)), ...problemResponse },
    },
  }, async (request) => {
    const caller = callerOf(request);
    const { limit = DEFAULT_LIMIT, cursor, ...asked } = request.query;
    const page = await store.audit.list(await filterOf(caller, asked), { limit, ...(cursor === undefined ? {} : { cursor }) });
    return { items: page.items.map((entry) => auditView(entry, caller)), next: page.next };
  });

  app.get('/api/audit/export', {
    exposeHeadRoute: false, // it would read all of it, for nothing
    config: { access: 'admin' },
    schema: {
      tags,
      summary: 'All of it that passes the filter, as CSV for a spreadsheet',
      description: 'Newest first, as far back as it is kept. What a spreadsheet would take for a formula has an apostrophe before it.',
      querystring: AuditFilterQuery,
      produces: ['text/csv'],
      response: { 200: Type.Unsafe<Readable>({ type: 'string' }), ...problemResponse },
    },
  }, async (request, reply) => {
    const caller = callerOf(request);
    const filter = await filterOf(caller, request.query);
    open.take(caller.user.id, reply);
    // It ends with what was shown for it, and with the role of an admin: all of it is of others.
    onAnswerEnd(reply, openAnswers.watch(caller, { end: () => reply.raw.destroy(), mayGoOn: ({ isAdmin }) => isAdmin }));
    void reply.header('content-disposition', `attachment; filename="dbmaker-audit-${new Date(clock.now()).toISOString().slice(0, 10)}.csv"`).type('text/csv; charset=utf-8');
    return reply.send(auditCsv(store.audit, filter, caller));
  });

  /** @throws invalid_request */
  async function filterOf(caller: Caller, { user, instance, action, subject, outcome, from, to }: Static<typeof AuditFilterQuery>): Promise<AuditFilter> {
    return {
      ...(caller.isAdmin ? {} : { concerns: caller.user.id }),
      ...(user === undefined ? {} : { actorId: await userIdOf(store, user) }),
      ...(instance === undefined ? {} : { instanceId: instance }),
      ...(action === undefined ? {} : { action }),
      ...(subject === undefined ? {} : { subject }),
      ...(outcome === undefined ? {} : { outcome }),
      ...(from === undefined ? {} : { from: timeOf('/from', from) }),
      ...(to === undefined ? {} : { to: timeOf('/to', to) }),
    };
  }
}

/** @throws invalid_request */
function timeOf(pointer: string, text: string): number {
  const at = TIME.test(text) && IsDate(text.slice(0, 10)) ? Date.parse(text) : Number.NaN; // Date.parse takes 31 February for 3 March
  if (Number.isNaN(at)) throw new DbmakerError('invalid_request', `${pointer.slice(1)} is not a time.`, { fields: { [pointer]: 'must be a time such as 2026-01-31T12:00:00Z' } });
  return at;
}
