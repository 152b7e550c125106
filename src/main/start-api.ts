import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { buildApp } from '../api/app.ts';
import type { ApiDependencies } from '../api/dependencies.ts';
import { createBackupFiles } from '../backups/index.ts';
import type { Config } from '../config/config.ts';
import { derivedId } from '../domain/derived-id.ts';
import { DbmakerError } from '../domain/errors.ts';
import type { Certificates } from '../domain/ports/certificates.ts';
import type { Runtime } from '../domain/ports/runtime.ts';
import type { SecretBox } from '../domain/ports/secret-box.ts';
import type { Store } from '../domain/ports/store.ts';
import { createIssuer, type IssuerPorts } from '../issuer/index.ts';
import { firstPassword, forgetPassword, type FirstPassword } from './admin-password.ts';
import { ADMIN_ID, ensureAdmin } from './bootstrap.ts';
import { loadBuiltinTemplates } from './builtin-templates.ts';
import { systemClock as clock } from './clock.ts';
import { isPortFree } from './port-probe.ts';
import type { Signals } from './signals.ts';

const TEMPLATES = path.resolve(import.meta.dirname, '../../templates');
const CONSOLE = path.resolve(import.meta.dirname, '../../console/dist/browser');

export interface ApiNeeds {
  readonly store: Store;
  readonly secretBox: SecretBox;
  /** To read logs and figures. */
  readonly runtime: Runtime;
  readonly homeId: string;
  readonly signals: Signals;
  readonly certificates: Certificates;
  /** Of the other parts in this process, shown with our own. */
  readonly moreMetrics: Registry;
  readonly log: Logger;
  /** Somebody sits before what is printed. */
  readonly isTerminal: boolean;
}

/** Resolves when it listens. @throws DbmakerError port_taken */
export async function startApi(config: Config, needs: ApiNeeds): Promise<{ greeting: string; stop(): Promise<void> }> {
  const { store, secretBox, runtime, homeId, signals, certificates, moreMetrics, log, isTerminal } = needs;
  const admin = await ensureAdmin(store, config);
  await loadBuiltinTemplates(store, TEMPLATES);
  const { postgresqlPort, redisPort, tlsPort } = config.gateway;
  const where = { publicUrl: config.publicUrl ?? `http://localhost:${String(config.httpPort)}` };
  const installation = derivedId(`cookies of ${homeId}`).slice(0, 6); // the id itself labels what runs, and is nobody's business
  const onPassword = async (userId: string): Promise<void> => {
    if (userId === ADMIN_ID) await forgetPassword(config.home).catch((error: unknown) => { log.warn({ err: error }, 'a one-time password that is good for nothing any more could not be removed'); });
  };
  const signIn = chooseIssuer(config, { store, box: secretBox, clock, log: log.child({ part: 'issuer' }), publicUrl: () => where.publicUrl, installation, onPassword });
  const app = await buildApp({
    signIn,
    store,
    secretBox,
    clock,
    log,
    config: {
      ...config,
      installation,
      isPublicHttps: where.publicUrl.startsWith('https:'),
      gateway: { postgresqlPort, redisPort, tlsPort, certificateAuthority: certificates.authority },
      consoleDirectory: existsSync(path.join(CONSOLE, 'index.html')) ? CONSOLE : null,
    },
    wake: signals.wake,
    status: signals.status,
    news: signals.news,
    instances: runtime,
    backups: createBackupFiles(config.home, { reserveBytes: config.backupReserveBytes }),
    isPortFree: (port) => isPortFree(port, config.bind),
    moreMetrics,
  });
  const url = await listen(app, config);
  if (config.publicUrl === null) where.publicUrl = `http://localhost:${new URL(url).port || '80'}`; // with port 0 known only now
  // Last of all: on a terminal it is said only once. Whoever misses it sets another one with the admin's API token.
  const first = signIn.kind === 'embedded' ? await firstPassword({ accounts: signIn.issuer.accounts, store, home: config.home, isTerminal }) : null;
  return { greeting: greeting(url, admin, { runtime: runtime.name, publicUrl: where.publicUrl, first }), stop: async () => { await app.close(); } };
}

async function listen(app: { listen(options: { host: string; port: number }): Promise<string> }, config: Config): Promise<string> {
  try {
    return await app.listen({ host: config.httpHost, port: config.httpPort });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new DbmakerError('port_taken', `Port ${config.httpPort} on ${config.httpHost} is in use: is DbMaker running already?`, { remedy: 'Stop the other one, or choose another port with DBMAKER_HTTP_PORT.', cause: error });
  }
}

function chooseIssuer({ oidc }: Config, ports: IssuerPorts): ApiDependencies['signIn'] {
  return oidc === null ? { kind: 'embedded', issuer: createIssuer(ports) } : { kind: 'external', oidc };
}

interface Greeted {
  readonly runtime: string;
  readonly publicUrl: string;
  /** A password is a secret: it goes to the terminal and nowhere else. */
  readonly first: FirstPassword | null;
}

function greeting(url: string, admin: { file: string; created: boolean }, { runtime, publicUrl, first }: Greeted): string {
  const token = admin.created ? `  Admin API token, made just now (said only once): ${admin.file}\n` : '';
  const account = first === null ? ''
    : 'file' in first ? `  Sign in at ${publicUrl} as admin; the one-time password is in ${first.file} until it is changed.\n`
    : `  Sign in at ${publicUrl} as admin with the one-time password (said only once): ${first.password}\n`;
  return `\n  DbMaker is ready at ${url}  (databases run as ${runtime === 'docker' ? 'Docker containers' : 'local processes'})\n  API documentation: ${url}/docs\n${token}${account}\n`;
}
