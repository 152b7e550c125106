import { Type } from 'typebox';
import { STEP_MS, stepBegin, STEPS } from '../../domain/monitoring/pulse.ts';
import type { ApiContext, App } from '../app-type.ts';
import { callerOf } from '../caller.ts';
import { time } from '../present.ts';
import { problemResponse, strictObject, Time } from '../schemas/common.ts';

const Query = strictObject({ mine: Type.Optional(Type.Boolean({ description: 'For admins, who see everybody\'s: only what is their own or shared with them.' })) });

const Activity = Type.Object({
  stepSeconds: Type.Integer({ description: 'Length of a step.' }),
  from: Type.String({ ...Time, description: 'Begin of the first step; the last one is that of now.' }),
  items: Type.Record(Type.String(), Type.Array(Type.Number()), { description: `By id: bytes through the gateway, both ways, in each of the ${String(STEPS)} steps. Where nothing was going on at all, there is none.` }),
});

/** How much was going on, for a list of many. */
export function registerActivityRoute(app: App, { store, clock }: ApiContext): void {
  app.get('/api/containers/activity', {
    config: { access: 'read' },
    schema: {
      tags: ['containers'], summary: 'How much went on in the last day, of all databases that you see', querystring: Query, response: { 200: Activity, ...problemResponse },
      description: 'One short row of numbers for each, for sparklines; `event: activity` of /events/containers goes on with it. For figures of one database see `/api/containers/{id}/metrics/history`.',
    },
  }, async (request, reply) => {
    const { user, isAdmin } = callerOf(request);
    const from = stepBegin(clock.now()) - (STEPS - 1) * STEP_MS;
    const days = await store.pulses.ofLastDay(isAdmin && request.query.mine !== true ? null : user.id);
    void reply.type('application/json; charset=utf-8').serializer(JSON.stringify); // half a million numbers: what Fastify makes of the schema takes much longer, and nobody else has a turn in it
    return { stepSeconds: STEP_MS / 1000, from: time(from), items: Object.fromEntries(days) };
  });
}
