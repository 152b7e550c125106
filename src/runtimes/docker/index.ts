import path from 'node:path';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Log } from '../../domain/ports/log.ts';
import type { Runtime } from '../../domain/ports/runtime.ts';
import { exportData, importData } from './archive.ts';
import { createClient } from './client.ts';
import type { DockerContext } from './context.ts';
import { exec } from './exec.ts';
import { createPrepare } from './images.ts';
import { createLifecycle } from './lifecycle.ts';
import { logs } from './logs.ts';
import { observe, observeAll } from './observe.ts';
import { stats } from './stats.ts';
import { stream } from './stream.ts';
import { watch } from './watch.ts';

export interface DockerRuntimeOptions {
  /** DBMAKER_HOME. */
  readonly home: string;
  /** Tells this installation's containers from those of others on the same engine. */
  readonly homeId: string;
  /** Of the Docker Engine. Default: /var/run/docker.sock */
  readonly socketPath?: string;
  /** Directory that holds the contexts of our own images: docker/ of the repository. */
  readonly imagesDirectory: string;
  readonly log: Log;
  readonly clock: Clock;
}

/** Runs instances as containers. Opens no connection before the first call, and holds no state but image builds under way. */
export function createDockerRuntime(options: DockerRuntimeOptions): Runtime {
  const { homeId, imagesDirectory, log, clock } = options;
  const client = createClient(options.socketPath ?? '/var/run/docker.sock', clock);
  const context: DockerContext = { client, home: path.resolve(options.home), homeId, imagesDirectory, lastSeen: new Map(), log, clock };
  const prepare = createPrepare(context);
  let dataDirectory: string | undefined;
  const info: Runtime['info'] = async () => {
    const { Version } = await client.call('ask for the version', () => client.docker.version(), { timeoutMs: 3_000 });
    // Once: the engine takes its time for this answer.
    dataDirectory ??= (await client.call('ask for its directory', () => client.docker.info() as Promise<{ DockerRootDir?: string }>, { timeoutMs: 10_000 })).DockerRootDir;
    return { name: 'docker', version: Version, ...(dataDirectory === undefined ? {} : { dataDirectory }) };
  };
  return {
    name: 'docker',
    info,
    availability: async () => {
      await info(); // what is missing is built or pulled at the first use, so an engine that answers can run it
      return { available: true };
    },
    prepare: ({ image }, onProgress, signal) => prepare(image, onProgress, signal),
    ...createLifecycle(context),
    observe: (id) => observe(context, id),
    observeAll: () => observeAll(context),
    watch: (handlers, signal) => watch(context, handlers, signal),
    logs: (id, logOptions) => logs(context, id, logOptions),
    exec: (id, argv, execOptions) => exec(context, id, argv, execOptions),
    stream: (id, argv, streamOptions) => stream(context, id, argv, streamOptions),
    exportData: (id, output, exportOptions) => exportData(context, id, output, exportOptions),
    importData: (workload, input, importOptions) => importData(context, workload, input, importOptions),
    stats: (id, options) => stats(context, id, options),
  };
}
