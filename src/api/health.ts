import { asDbmakerError } from '../domain/errors.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { Heartbeat, Store } from '../domain/ports/store.ts';
import type { Static } from 'typebox';
import { Type } from 'typebox';

/** A worker that has not been heard of for so long is taken to be gone. */
const STALE_MS = 30_000;

const Component = Type.Object({ status: Type.Unsafe<'up' | 'down'>({ type: 'string', enum: ['up', 'down'] }), detail: Type.Optional(Type.String()) });

export const Health = Type.Object({
  status: Type.Unsafe<'up' | 'down'>({ type: 'string', enum: ['up', 'down'] }),
  version: Type.String(),
  components: Type.Object({ store: Component, workers: Component, runtime: Component }),
}, { $id: 'Health' });
type Health = Static<typeof Health>;
type Component = Static<typeof Component>;

/** Looks at everything that is needed to make databases and to keep them running. Never throws. */
export async function readHealth(store: Store, clock: Clock, version: string): Promise<Health> {
  let components: Health['components'];
  try {
    await store.ping();
    const beats = (await store.heartbeats.list()).filter(({ worker }) => worker.startsWith('reconciler'));
    components = { store: { status: 'up' }, workers: workersState(beats, clock), runtime: runtimeState(beats, clock) };
  } catch (error) {
    const unknown: Component = { status: 'down', detail: 'Not known while the store does not answer.' };
    components = { store: { status: 'down', detail: asDbmakerError(error, 'store_unavailable', 'The store does not answer.').userText }, workers: unknown, runtime: unknown };
  }
  const ready = Object.values(components).every(({ status }) => status === 'up');
  return { status: ready ? 'up' : 'down', version, components };
}

export function isStale(beat: Heartbeat, clock: Clock): boolean {
  return clock.now() - beat.at > STALE_MS;
}

function workersState(beats: readonly Heartbeat[], clock: Clock): Component {
  if (beats.length === 0) return { status: 'down', detail: 'No worker has been heard of yet.' };
  return beats.some((beat) => !isStale(beat, clock)) ? { status: 'up' } : { status: 'down', detail: `No worker has been heard of for more than ${String(STALE_MS / 1000)} seconds.` };
}

/** As the worker that was heard last says it. */
function runtimeState(beats: readonly Heartbeat[], clock: Clock): Component {
  const latest = beats.filter((beat) => !isStale(beat, clock)).sort((a, b) => b.at - a.at)[0];
  const runtime = latest?.state['runtime'] as { name?: unknown; version?: unknown; ok?: unknown; error?: unknown } | undefined;
  if (runtime === undefined) return { status: 'down', detail: 'Not known: no worker reports it.' };
  const texts = (runtime.ok === true ? [runtime.name, runtime.version] : [runtime.name, runtime.error]).filter((text) => typeof text === 'string');
  return { status: runtime.ok === true ? 'up' : 'down', detail: texts.join(runtime.ok === true ? ' ' : ': ') };
}
