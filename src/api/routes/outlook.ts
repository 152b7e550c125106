import { Type } from 'typebox';
import { outlookOf } from '../../domain/policy/outlook.ts';
import type { ApiContext, App } from '../app-type.ts';
import { callerOf } from '../caller.ts';
import { hiddenConnection } from '../connection-strings.ts';
import { optionalTime } from '../present.ts';
import { allowedInstance, instanceNotFound } from '../rights.ts';
import { IdParams, nullable, oneOf, problemResponse, ref, Time } from '../schemas/common.ts';
import { Connection } from '../schemas/instance.ts';

const tags = ['containers'];

const Outlook = Type.Object({
  open: Type.Integer({ description: 'Connections right now.' }),
  lastUsedAt: nullable(Time),
  sleepsAt: nullable(Type.String({ format: 'date-time', description: 'When it falls asleep; null: it does not, or not as things are.' })),
  removedAt: nullable(Type.String({ format: 'date-time', description: 'When it is removed, not earlier; null: no policy removes it.' })),
  removedBecause: nullable(oneOf(['unused', 'expired'] as const)),
});

/** A gateway process that has not reported for so long is taken to be gone, and its connections with it. */
const GATEWAY_ALIVE_MS = 30_000;

/** What a page shows of an instance before anybody asks for its secrets: the way there, and what becomes of it. */
export function registerOutlookRoutes(app: App, { store, config, clock }: ApiContext): void {
  app.get('/api/containers/:id/address', {
    config: { access: 'read' },
    schema: { tags, summary: 'How to connect, with dots for the password', description: 'As `/connection`, without the secret: nothing is written to the audit.', params: IdParams, response: { 200: ref(Connection), ...problemResponse } },
  }, async (request) => {
    const { instance } = await allowedInstance(store, callerOf(request), request.params.id, 'see');
    return hiddenConnection(instance, config);
  });

  app.get('/api/containers/:id/outlook', {
    config: { access: 'read' },
    schema: { tags, summary: 'What its policies do to it, and when, if nobody uses it from now on', params: IdParams, response: { 200: Outlook, ...problemResponse } },
  }, async (request) => {
    const { instance } = await allowedInstance(store, callerOf(request), request.params.id, 'see');
    const [subject] = await store.instances.policySubjects(GATEWAY_ALIVE_MS, instance.id);
    if (subject === undefined) throw instanceNotFound(); // it is being deleted: nothing more becomes of it
    const { open, lastUsedAt, sleepsAt, removedAt, removedBecause } = outlookOf(subject, clock.now());
    return { open, lastUsedAt: optionalTime(lastUsedAt), sleepsAt: optionalTime(sleepsAt), removedAt: optionalTime(removedAt), removedBecause };
  });
}
