import { Type, type TNumber } from 'typebox';
import type { Readable } from 'node:stream';
import { DbmakerError } from '../../domain/errors.ts';
import { PROGRESS_EVENT } from '../../domain/instance/event.ts';
import { SCALES } from '../../domain/monitoring/sample.ts';
import { passwordContext } from '../../domain/ports/secret-box.ts';
import type { ApiContext, App } from '../app-type.ts';
import { mayDo, SHARED_EVENT, UNSHARED_EVENT } from '../../domain/instance/share.ts';
import { onAnswerEnd } from '../answer-end.ts';
import { callerOf, type Caller } from '../caller.ts';
import { connectionView } from '../connection-strings.ts';
import { logStream } from '../log-stream.ts';
import { OpenStreams } from '../open-streams.ts';
import { eventView } from '../present.ts';
import { accessNow, allowedInstance } from '../rights.ts';
import { DEFAULT_LIMIT, IdParams, nullable, oneOf, PageQuery, problemResponse, ref, strictObject, Time } from '../schemas/common.ts';
import { Connection, InstanceEvent, InstanceMetrics } from '../schemas/instance.ts';

const tags = ['containers'];

const LogQuery = strictObject({
  tail: Type.Optional(Type.Integer({ minimum: 0, maximum: 10_000, default: 100, description: 'How many of the last lines.' })),
  follow: Type.Optional(Type.Boolean({ description: 'Go on with new lines until the client leaves.' })),
});

const LogText = Type.Unsafe<Readable>({ type: 'string', description: 'One line of the log a line.' });

const Moment = Type.String({ format: 'date-time', maxLength: 40 });
const HistoryQuery = strictObject({
  from: Type.Optional(Moment),
  to: Type.Optional(Moment),
  resolution: Type.Optional(oneOf(['minute', 'quarter'] as const)),
});
/** Without from and to: the last hour. */
const HISTORY_MS = 3_600_000;
const figure = (description: string): ReturnType<typeof nullable<TNumber>> => nullable(Type.Number({ description }));
const History = Type.Object({
  resolution: oneOf(['minute', 'quarter'] as const),
  points: Type.Array(Type.Object({
    at: Time,
    cpus: figure('In use on average.'),
    memoryBytes: figure('In use.'),
    diskBytes: figure('Of the data directory.'),
    connections: figure('Open through the gateway.'),
    bytesInRate: figure('From clients, a second.'),
    bytesOutRate: figure('To clients, a second.'),
    databaseBytes: figure('As the engine counts its data.'),
    keys: figure('Redis: in all databases.'),
    operationRate: figure('Transactions (PostgreSQL) or commands (Redis), a second.'),
    hitRatio: figure('0 to 1: reads that found what they wanted in memory (PostgreSQL), or at all (Redis).'),
  })),
});

const EventQuery = strictObject({
  limit: PageQuery.limit,
  after: Type.Optional(Type.Integer({ minimum: 0, description: 'Only events with a greater id.' })),
  before: Type.Optional(Type.Integer({ minimum: 0, description: 'Only events with a lesser id.' })),
  order: Type.Optional(oneOf(['oldest', 'newest'] as const, { description: 'Which come first; `oldest` if left out. With `newest` and `before` one reads backwards.' })),
});

/** Logs that one person may read at the same time: each takes some megabytes while it is read. */
const MAX_LOGS = 20;

/** A gateway process that has not reported for so long is taken to be gone, and its connections with it. */
const GATEWAY_ALIVE_MS = 30_000;
const NEVER_USED = { open: 0, connections: 0, bytesIn: 0, bytesOut: 0, lastUsedAt: null };
const time = (at: number): string => new Date(at).toISOString();

/** Calls about the same instance while one is under way share it: to measure costs a walk over all its files. */
function shared<T>(work: (id: string) => Promise<T>): (id: string) => Promise<T> {
  const running = new Map<string, Promise<T>>();
  return (id) => {
    const known = running.get(id);
    if (known !== undefined) return known;
    const fresh = work(id).finally(() => running.delete(id));
    running.set(id, fresh);
    return fresh;
  };
}

/** What can be seen of one instance: how to reach it, its log, its history, its figures. */
export function registerInspectionRoutes(app: App, context: ApiContext): void {
  const { store, config, secretBox, instances, clock, openAnswers } = context;
  const open = new OpenStreams(MAX_LOGS, 'logs');
  const measure = shared((id) => instances.stats(id));

  app.get('/api/containers/:id/connection', {
    config: { access: 'write', audit: { action: 'instance.read-connection' } },
    schema: { tags, summary: 'How to connect, with the password', description: 'For its owner, its operators and admins. Needs the scope `write`: whoever holds the password can write.', params: IdParams, response: { 200: ref(Connection), ...problemResponse } },
  }, async (request) => {
    const { instance } = await allowedInstance(store, callerOf(request), request.params.id, 'operate');
    return connectionView(instance, secretBox.open(instance.secrets.password, passwordContext(instance.id)), config);
  });

  app.get('/api/containers/:id/logs', {
    exposeHeadRoute: false, // it would read all of it, for nothing
    config: { access: 'read' },
    schema: { tags, summary: 'Its log, as text or (Accept: application/x-ndjson) as JSON lines', params: IdParams, querystring: LogQuery, produces: ['text/plain', 'application/x-ndjson'], response: { 200: LogText, ...problemResponse } },
  }, async (request, reply) => {
    const caller = callerOf(request);
    const { instance } = await allowedInstance(store, caller, request.params.id, 'see');
    const { tail = 100, follow = false } = request.query;
    const asJson = request.headers.accept?.includes('application/x-ndjson') === true;
    void reply.type(asJson ? 'application/x-ndjson; charset=utf-8' : 'text/plain; charset=utf-8');
    open.take(caller.user.id, reply);
    if (follow) void reply.header('connection', 'close'); // kept alive, it would hold up the end of the server after its stream has ended
    const ended = new AbortController();
    const mayGoOn = async (now: Caller): Promise<boolean> => (await accessNow(store, now, instance)) !== null;
    if (follow) onAnswerEnd(reply, openAnswers.watch(caller, { end: () => { ended.abort(); }, mayGoOn }));
    return reply.send(await logStream(context, request, reply, instance.id, { tail, follow, asJson }, ended.signal));
  });

  app.get('/api/containers/:id/events', {
    config: { access: 'read' },
    schema: {
      tags, summary: 'Its history', description: 'Who else it is shared with only its owner and admins read in it.',
      params: IdParams, querystring: EventQuery, response: { 200: Type.Object({ items: Type.Array(ref(InstanceEvent)) }), ...problemResponse },
    },
  }, async (request) => {
    const { instance, access } = await allowedInstance(store, callerOf(request), request.params.id, 'see');
    const { limit = DEFAULT_LIMIT, after, before, order } = request.query;
    const notTypes = mayDo(access, 'manage') ? [PROGRESS_EVENT] : [PROGRESS_EVENT, SHARED_EVENT, UNSHARED_EVENT];
    const events = await store.events.list({ instanceId: instance.id, notTypes }, {
      limit, newestFirst: order === 'newest', ...(after === undefined ? {} : { after }), ...(before === undefined ? {} : { before }),
    });
    return { items: events.map(eventView) };
  });

  app.get('/api/containers/:id/metrics/history', {
    config: { access: 'read' },
    schema: {
      tags, summary: 'What it used over time', params: IdParams, querystring: HistoryQuery, response: { 200: History, ...problemResponse },
      description: 'One point a minute for the last day, one a quarter of an hour for the last month. Minutes in which it did not run have none; null: not known.',
    },
  }, async (request) => {
    const { instance } = await allowedInstance(store, callerOf(request), request.params.id, 'see');
    const to = request.query.to === undefined ? clock.now() : Date.parse(request.query.to);
    const from = request.query.from === undefined ? to - HISTORY_MS : Date.parse(request.query.from);
    if (from >= to) throw new DbmakerError('invalid_request', 'from must lie before to.', { fields: { '/from': 'must lie before to' } });
    const { minute } = SCALES;
    const resolution = request.query.resolution ?? (to - from <= minute.keptMs / 4 && from > clock.now() - minute.keptMs ? 'minute' : 'quarter');
    if (to - from > SCALES[resolution].keptMs + 86_400_000) throw new DbmakerError('invalid_request', 'So long ago nothing is kept.', { fields: { '/from': 'is too long before to' } });
    const points = await store.samples.list(instance.id, resolution, { from, to });
    return { resolution, points: points.map(({ at, ...figures }) => ({ at: time(at), ...figures })) };
  });

  app.get('/api/containers/:id/metrics', {
    config: { access: 'read' },
    schema: { tags, summary: 'What it uses right now', params: IdParams, response: { 200: ref(InstanceMetrics), ...problemResponse } },
  }, async (request) => {
    const { instance } = await allowedInstance(store, callerOf(request), request.params.id, 'see');
    if (instance.status.phase !== 'running') throw new DbmakerError('not_running', 'There are figures only while it runs.');
    const { cpuMs, memoryBytes, diskBytes, processes } = await measure(instance.id);
    const { cpus, memoryBytes: memoryLimitBytes } = instance.spec.resources;
    const use = await store.activity.get(instance.id, GATEWAY_ALIVE_MS);
    return {
      at: time(clock.now()), cpuMs, cpus, memoryBytes, memoryLimitBytes, diskBytes, processes,
      gateway: use === null ? NEVER_USED : { ...use, lastUsedAt: time(use.lastUsedAt) },
    };
  });
}
