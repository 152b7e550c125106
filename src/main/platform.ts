import { chmod, mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import type { Config } from '../config/config.ts';
import { DbmakerError } from '../domain/errors.ts';
import type { Log } from '../domain/ports/log.ts';
import type { Runtime } from '../domain/ports/runtime.ts';
import type { Store } from '../domain/ports/store.ts';
import { WorkerMetrics } from '../workers/metrics.ts';
import { lockHome, openSecretBox, openStore, verifySecretBox } from '../store/index.ts';
import { chooseRuntime } from './choose-runtime.ts';
import { systemClock as clock } from './clock.ts';
import { joinHints, serveHints } from './hints.ts';
import { claimStore } from './home-id.ts';
import { serveMetrics } from './metrics-server.ts';
import { createSignals } from './signals.ts';
import { startApi } from './start-api.ts';
import { openGatewayCertificates, startGateway } from './start-gateway.ts';
import { createStoreMetrics } from './store-metrics.ts';
import { startWorkers } from './start-workers.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

export interface Platform {
  /** What a person at the terminal should read once. */
  readonly greeting: string;
  stop(): Promise<void>;
}

/**
 * The parts that DBMAKER_PARTS names, by default all of them, in this process. What was started is stopped again if a later part fails.
 * @param options `isTerminal`: somebody reads the greeting, and it is kept nowhere
 * @throws DbmakerError in words for whoever starts it
 */
export async function startPlatform(config: Config, log: Logger, { isTerminal }: { isTerminal: boolean }): Promise<Platform> {
  await using started = new AsyncDisposableStack(); // disposed in the opposite order, when something fails
  const has = (part: Config['parts'][number]): boolean => config.parts.includes(part);
  await prepareHome(config.home);
  if (has('workers')) {
    const lock = lockHome(config.home);
    started.defer(() => lock.release());
  }
  const storeMetrics = createStoreMetrics();
  const registries: Registry[] = [storeMetrics.registry];
  const store = await openStore({ home: config.home, databaseUrl: config.databaseUrl, clock, log, observe: storeMetrics.observe });
  started.defer(() => store.close());
  const homeId = await claimStore(store, config.home, { storeIsInHome: config.databaseUrl === null });
  const signals = createSignals();
  const hints = has('workers') ? await serveHints(config.home, signals, log) : joinHints(config.home, signals, clock);
  started.defer(() => hints.stop());
  const certificates = await openGatewayCertificates(config, log.child({ part: 'certificates' }));
  started.defer(() => certificates.stop());

  if (has('gateway')) {
    const running = await startGateway(config, { store, signals, certificates, log: log.child({ part: 'gateway' }) });
    started.defer(() => running.stop());
    registries.push(running.gateway.metrics.registry);
  }
  let greeting = `\n  DbMaker's ${config.parts.join(' and ')} ${config.parts.length === 1 ? 'is' : 'are'} running.\n\n`;
  if (has('workers') || has('api')) {
    const secretBox = await openSecretBox({ home: config.home, key: config.encryptionKey });
    await verifySecretBox(store, secretBox);
    const runtime = await openRuntime(config, store, homeId, log);
    if (has('workers')) {
      const metrics = new WorkerMetrics(() => performance.now());
      registries.push(metrics.registry);
      const workers = await startWorkers(config, { store, runtime, secretBox, homeId, signals, metrics, log });
      started.defer(() => workers.stop());
    }
    if (has('api')) {
      const api = await startApi(config, { store, secretBox, runtime, homeId, signals, certificates, moreMetrics: Registry.merge(registries), log, isTerminal });
      started.defer(() => api.stop());
      greeting = api.greeting;
    }
  }
  if (config.metricsPort !== null) {
    const metrics = await serveMetrics(config.metricsPort, registries);
    started.defer(() => metrics.stop());
  }
  const running = started.move();
  return { greeting, stop: () => running.disposeAsync() };
}

async function openRuntime(config: Config, store: Store, homeId: string, log: Log): Promise<Runtime> {
  return chooseRuntime(config, store, log, {
    // Loaded when chosen: the libraries of the other one would only take memory.
    docker: async () => (await import('../runtimes/docker/index.ts')).createDockerRuntime({
      home: config.home, homeId, socketPath: config.dockerSocket, imagesDirectory: path.join(ROOT, 'docker'), log: log.child({ part: 'docker' }), clock,
    }),
    process: async () => (await import('../runtimes/process/index.ts')).createProcessRuntime({ home: config.home, homeId, log: log.child({ part: 'process' }), clock }),
  });
}

async function prepareHome(home: string): Promise<void> {
  try {
    await mkdir(home, { recursive: true, mode: 0o700 });
    await chmod(home, 0o700);
  } catch (error) {
    throw new DbmakerError('invalid_configuration', `DBMAKER_HOME (${home}) cannot be used: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
