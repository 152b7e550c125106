import type { Readable } from 'node:stream';
import type { Runtime } from '../../domain/ports/runtime.ts';
import type { DockerContext } from './context.ts';
import { isOurs } from './find.ts';
import { readJsonLines } from './json-lines.ts';
import { HOME_LABEL, INSTANCE_LABEL } from './names.ts';
import { pause } from '../../domain/pause.ts';

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5_000;
/** What can make an observation another one. */
const EVENTS = ['create', 'start', 'die', 'oom', 'pause', 'unpause', 'destroy', 'rename'];

interface ContainerEvent {
  readonly Actor?: { readonly Attributes?: Readonly<Record<string, string>> };
}

export function watch(context: DockerContext, handlers: Parameters<Runtime['watch']>[0], signal: AbortSignal): void {
  void follow(context, handlers, signal).catch((error: unknown) => {
    // Nothing in there should throw but a handler; the periodic resync goes on without us.
    context.log.error({ err: error }, 'the watch over Docker ended');
  });
}

async function follow(context: DockerContext, handlers: Parameters<Runtime['watch']>[0], signal: AbortSignal): Promise<void> {
  let delay = FIRST_RETRY_MS;
  while (!signal.aborted) {
    try {
      await followOnce(context, handlers, signal, () => { delay = FIRST_RETRY_MS; });
    } catch (error) {
      context.log.debug({ err: error, delay }, 'lost the events of Docker');
    }
    await pause(context.clock, delay, signal);
    delay = Math.min(LAST_RETRY_MS, delay * 2);
  }
}

async function followOnce(context: DockerContext, handlers: Parameters<Runtime['watch']>[0], signal: AbortSignal, connected: () => void): Promise<void> {
  const { client, homeId } = context;
  const filters = { type: ['container' as const], event: EVENTS, label: [`${HOME_LABEL}=${homeId}`] };
  const stream = await client.open('follow the events', (abortSignal) => client.docker.getEvents({ filters, abortSignal }), { signal }) as Readable;
  connected();
  handlers.onResync(); // after the stream stands: nothing falls between
  for await (const event of readJsonLines<ContainerEvent>(stream)) {
    const labels = event.Actor?.Attributes;
    const id = labels?.[INSTANCE_LABEL];
    if (id !== undefined && isOurs(labels, homeId)) handlers.onChange(id);
  }
}
