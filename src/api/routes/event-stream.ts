import { Gauge } from 'prom-client';
import { Type } from 'typebox';
import { DbmakerError } from '../../domain/errors.ts';
import type { ApiContext, App } from '../app-type.ts';
import { callerOf } from '../caller.ts';
import { catchUp, current, REPLAY_AT_MOST } from '../events/catch-up.ts';
import { EventFeed } from '../events/event-feed.ts';
import { PulseFeed } from '../events/pulse-feed.ts';
import { EventStream } from '../events/event-stream.ts';
import type { FreshEvent, Listener } from '../events/fresh-event.ts';
import { OpenStreams } from '../open-streams.ts';
import { problemResponse, strictObject } from '../schemas/common.ts';

/** Below what proxies take for a dead connection (nginx: 60 s). */
const HEARTBEAT_MS = 15_000;
/** Of one person: some tabs of some browsers. */
const MAX_STREAMS = 50;

const Query = strictObject({
  all: Type.Optional(Type.Boolean({ description: 'Everybody\'s; admins only.' })),
  after: Type.Optional(Type.Integer({ minimum: 0, description: 'The same as the header `Last-Event-ID`, which goes before it, for whoever can send none: the EventSource of a page that opens a new one.' })),
});
const Headers = Type.Object({ 'last-event-id': Type.Optional(Type.String({ maxLength: 20, description: 'Of the last event that was received: the stream goes on after it.' })) });
const Stream = Type.Unsafe<string>({ type: 'string', description: 'Server-Sent Events.' });

/** The live stream. */
export function registerEventStream(app: App, context: ApiContext): void {
  const { store, clock, news, config, closing } = context;
  const feed = new EventFeed({ store, clock, news, log: context.log });
  const pulses = new PulseFeed({ store, clock, log: context.log });
  const open = new OpenStreams(MAX_STREAMS, 'event streams');
  const streams = new Set<EventStream>();
  new Gauge({ name: 'dbmaker_event_streams', help: 'Event streams (SSE) that are open.', registers: [context.metrics], collect() { this.set(streams.size); } });
  app.addHook('onClose', async () => {
    feed.close();
    pulses.close();
  });
  closing.addEventListener('abort', () => { for (const stream of streams) stream.end('closing'); });
  const beat = (): void => {
    for (const stream of streams) stream.beat();
    if (!closing.aborted) clock.after(HEARTBEAT_MS, beat);
  };
  clock.after(HEARTBEAT_MS, beat);

  app.get('/events/containers', {
    exposeHeadRoute: false, // it would read all of it, for nothing
    config: { access: 'read' },
    schema: {
      tags: ['containers'],
      summary: 'What happens to databases, live (Server-Sent Events)',
      description: 'First a snapshot (`event: snapshot`, `{containers, first, done, missed}`, in pages), then one message for each event: '
        + '`{id, type, at, containerId, message, data, container}`. With `Last-Event-ID` or `after` it goes on after that event instead; whoever is more than '
        + `${String(REPLAY_AT_MOST)} events behind is given a snapshot again (\`missed\`: true). `
        + 'It tells of one\'s own databases and of those shared with one: `instance.shared` when somebody gets access or another one, `instance.unshared`, with `container` null, when they have lost it. '
        + '`instance.progress` events tell how far long work has come. About once a minute `event: activity`, `{at, items}`, tells of those databases at which something is going on '
        + 'how many bytes went through the gateway in the step of /api/containers/activity that began at `at`, so far: the value takes the place of the one before.',
      querystring: Query,
      headers: Headers,
      produces: ['text/event-stream'],
      response: { 200: Stream, ...problemResponse },
    },
  }, async (request, reply) => {
    const caller = callerOf(request);
    const all = request.query.all === true;
    if (all && !caller.isAdmin) throw new DbmakerError('forbidden', 'Only admins may hear of everybody\'s databases.');
    const listener: Listener = { userId: caller.user.id, isAdmin: caller.isAdmin, all };
    const after = lastEventId(request.headers['last-event-id']) ?? request.query.after ?? null;
    open.take(caller.user.id, reply);
    const early: FreshEvent[] = [];
    let hear = (fresh: FreshEvent): void => void early.push(fresh);
    let taken = (): Promise<void> | null => null;
    const { cursor, leave } = await feed.subscribe({ listener, hear: (fresh) => hear(fresh), taken: () => taken() }, after ?? 0);
    if (request.raw.socket.destroyed || closing.aborted) {
      leave();
      throw new DbmakerError('cancelled', 'The server is closing.');
    }
    reply.hijack();
    const stream = new EventStream(reply.raw, config.domain, listener);
    for (const fresh of early) stream.hear(fresh);
    hear = (fresh) => stream.hear(fresh);
    taken = () => stream.taken();
    streams.add(stream);
    const stopWatching = context.openAnswers.watch(caller, { end: (reason) => stream.end(reason), mayGoOn: ({ isAdmin }) => isAdmin === caller.isAdmin });
    const leavePulses = pulses.join({ listener, tell: (at, items) => stream.activity(at, items) });
    reply.raw.once('close', () => {
      leave();
      leavePulses();
      stopWatching();
      streams.delete(stream);
    }).on('error', () => undefined); // the close follows
    try {
      await catchUp(store, stream, { listener, after, cursor });
      await stream.flow((waiting) => current(store, listener, waiting));
    } catch (error) {
      request.log.warn({ err: error }, 'an event stream could not begin'); // the head is out: the client comes back by itself
      reply.raw.destroy();
    }
  });
}

/** null: there is none that we gave out. */
function lastEventId(header: string | undefined): number | null {
  return header !== undefined && /^\d{1,15}$/.test(header) ? Number(header) : null;
}
