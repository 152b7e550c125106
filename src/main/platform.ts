import { randomBytes } from 'node:crypto';
import { chmod, mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Logger } from 'pino';
import { buildApp } from '../api/app.ts';
import type { Config } from '../config/config.ts';
import { DbmakerError } from '../domain/errors.ts';
import { createEngines } from '../engines/index.ts';
import { PortGateway } from '../gateway/port-gateway.ts';
import { createConnect } from '../net/connect.ts';
import { lockHome, openSecretBox, openStore, verifySecretBox } from '../store/index.ts';
import { Reconciler } from '../workers/reconciler/reconciler.ts';
import { Housekeeping } from '../workers/housekeeping.ts';
import { StatusReporter } from '../workers/status-reporter.ts';
import { ensureAdmin } from './bootstrap.ts';
import { loadBuiltinTemplates } from './builtin-templates.ts';
import { chooseRuntime } from './choose-runtime.ts';
import { systemClock as clock } from './clock.ts';
import { claimStore } from './home-id.ts';
import { isPortFree } from './port-probe.ts';
import { createSignals } from './signals.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

export interface Platform {
  readonly url: string;
  /** What a person at the terminal should read once. */
  readonly greeting: string;
  stop(): Promise<void>;
}

/** Everything in one process: api, workers, gateway. @throws DbmakerError in words for whoever starts it */
export async function startPlatform(config: Config, log: Logger): Promise<Platform> {
  await prepareHome(config.home);
  const lock = lockHome(config.home);
  const store = await openStore({ home: config.home, databaseUrl: config.databaseUrl, clock, log });
  const secretBox = await openSecretBox({ home: config.home, key: config.encryptionKey });
  await verifySecretBox(store, secretBox);
  const homeId = await claimStore(store, config.home, { storeIsInHome: config.databaseUrl === null });
  const admin = await ensureAdmin(store, config);
  await loadBuiltinTemplates(store, path.join(ROOT, 'templates'));

  const runtime = await chooseRuntime(config, store, log, {
    // Loaded when chosen: the libraries of the other one would only take memory.
    docker: async () => (await import('../runtimes/docker/index.ts')).createDockerRuntime({
      home: config.home, homeId, socketPath: config.dockerSocket, imagesDirectory: path.join(ROOT, 'docker'), log: log.child({ part: 'docker' }), clock,
    }),
    process: async () => (await import('../runtimes/process/index.ts')).createProcessRuntime({ home: config.home, homeId, log: log.child({ part: 'process' }), clock }),
  });
  const connect = createConnect();
  const signals = createSignals();
  const reconciler = new Reconciler({
    store,
    runtime,
    engines: createEngines(),
    connect,
    secretBox,
    clock,
    log: log.child({ part: 'reconciler' }),
    random: Math.random,
    onReport: signals.reported,
    settings: {
      // Nobody else has this home, so after a kill the leases in it are ours to take up at once. A store on a server of its own may be shared.
      holder: config.databaseUrl === null ? `home-${homeId}` : `${process.pid}-${randomBytes(4).toString('hex')}`,
      domain: config.domain,
      leaseMs: 30_000,
      resyncMs: 30_000,
      pollMs: 1000,
      concurrency: 16,
      quarantineMs: config.portQuarantineMs,
      startTimeoutMs: 120_000,
      stopGraceMs: 20_000,
      pausedMs: 10 * 60_000,
    },
  });
  const reporter = new StatusReporter({ store, runtime, clock, log, everyMs: 10_000, describe: () => ({ lastResyncAt: reconciler.lastResyncAt }) });
  const housekeeping = new Housekeeping({ store, clock, log });
  const gateway = new PortGateway({
    store,
    connect,
    clock,
    log: log.child({ part: 'gateway' }),
    settings: { bind: config.bind, refreshMs: 30_000, retryMs: 3000, wakeDeadlineMs: 30_000 },
    onReport: (id, callback) => signals.status.onReport(id, callback),
    changed: (id) => signals.wake.changed(id),
  });
  signals.onChanged((id) => {
    reconciler.enqueue(id);
    void gateway.update(id);
  });
  signals.onAnyReport((id) => void gateway.update(id));

  const app = await buildApp({
    store,
    secretBox,
    clock,
    log,
    config,
    wake: signals.wake,
    status: signals.status,
    instances: runtime,
    isPortFree: (port) => isPortFree(port, config.bind),
  });
  await reporter.start();
  reconciler.start();
  housekeeping.start();
  await gateway.start();
  const url = await listen(app, config);

  return {
    url,
    greeting: greeting(url, admin, runtime.name),
    async stop() {
      await app.close();
      reporter.stop();
      housekeeping.stop();
      await reconciler.stop();
      await gateway.close(2000);
      await store.close();
      lock.release();
    },
  };
}

async function prepareHome(home: string): Promise<void> {
  try {
    await mkdir(home, { recursive: true, mode: 0o700 });
    await chmod(home, 0o700);
  } catch (error) {
    throw new DbmakerError('invalid_configuration', `DBMAKER_HOME (${home}) cannot be used: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

async function listen(app: { listen(options: { host: string; port: number }): Promise<string> }, config: Config): Promise<string> {
  try {
    return await app.listen({ host: config.httpHost, port: config.httpPort });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new DbmakerError('port_taken', `Port ${config.httpPort} on ${config.httpHost} is in use: is DbMaker running already?`, { remedy: 'Stop the other one, or choose another port with DBMAKER_HTTP_PORT.', cause: error });
  }
}

function greeting(url: string, admin: { file: string; created: boolean }, runtime: string): string {
  const first = admin.created ? `  Admin API token, made just now (said only once): ${admin.file}\n` : '';
  return `\n  DbMaker is ready at ${url}  (databases run as ${runtime === 'docker' ? 'Docker containers' : 'local processes'})\n  API documentation: ${url}/docs\n${first}\n`;
}
