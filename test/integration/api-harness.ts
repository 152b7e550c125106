import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:net';
import path from 'node:path';
import type { InjectOptions } from 'fastify';
import { pino } from 'pino';
import type { App } from '../../src/api/app-type.ts';
import { buildApp } from '../../src/api/app.ts';
import type { ApiConfig, ApiDependencies } from '../../src/api/dependencies.ts';
import { hashApiToken, newApiToken, randomId } from '../../src/api/secrets.ts';
import type { ConnectionView, InstanceView } from '../../src/api/schemas/instance.ts';
import type { InstanceStatus } from '../../src/domain/instance/instance.ts';
import type { LogLine, Stats } from '../../src/domain/ports/runtime.ts';
import type { Clock } from '../../src/domain/ports/clock.ts';
import type { SecretBox } from '../../src/domain/ports/secret-box.ts';
import type { Store } from '../../src/domain/ports/store.ts';
import type { Quota, TokenScope, User } from '../../src/domain/user/user.ts';
import { createBackupFiles } from '../../src/backups/index.ts';
import { createIssuer } from '../../src/issuer/index.ts';
import { loadBuiltinTemplates } from '../../src/main/builtin-templates.ts';
import { systemClock } from '../../src/main/clock.ts';
import { openSecretBox, openStore } from '../../src/store/index.ts';
import { keepLogText, noteKeysOf, noteSecret, noteSecretsIn } from '../support/secrets.ts';
import { temporaryDirectory } from '../support/tmp.ts';

export const PORT_RANGE = { from: 21000, to: 21999 };
/**
 * An address of the loopback that is this process's own. At 127.0.0.1 other tests, which run at the same time, have databases on ports of this range
 * and look for free ones as well: what they take for a moment or longer would be missing here.
 */
export const LOOPBACK = `127.1.${String((process.pid >> 8) & 255)}.${String(process.pid & 255)}`;
const QUOTA: Quota = { instances: 50, memoryBytes: 64 * 1024 ** 3, cpus: 64, backupBytes: 1024 ** 3 };

/** Parsed answer. `json` is {} for answers without JSON. */
export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | number | undefined>;
  readonly text: string;
  readonly json: Body;
}

/** Members of all answers in one: which of them an answer has is what the tests are about. */
export interface Body extends Omit<InstanceView, 'status'>, Omit<ConnectionView, 'status' | 'port'> {
  /** Phase of an instance, HTTP status of a problem, state of the platform. */
  readonly status: unknown;
  // problems
  readonly code: string;
  readonly detail: string;
  readonly fields: Record<string, string>;
  readonly remedy: string;
  readonly requestId: string;
  readonly instance: string;
  // lists
  readonly items: Body[];
  readonly next: string | null;
  // tokens, users, templates, figures
  readonly token: string;
  readonly scopes: string[];
  readonly expiresAt: string | null;
  readonly role: string;
  readonly quota: Quota;
  readonly key: string;
  readonly builtin: boolean;
  readonly image: string;
  readonly availability: unknown;
  readonly message: string;
  readonly components: Record<string, { status: string; detail?: string }>;
}

export interface Ask {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';
  readonly token?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

/** The API on a real store in a directory of its own, injected into (nothing listens unless a test asks for it). */
export interface Harness extends AsyncDisposable {
  readonly app: App;
  readonly store: Store;
  readonly home: string;
  readonly secretBox: SecretBox;
  /** Everything that was logged, as text. */
  readonly logged: () => string;
  /** Ids that the workers were told of. */
  readonly woken: string[];
  /** What the runtime would say of logs and figures; tests replace members. */
  readonly runtime: { logs: ApiDependencies['instances']['logs']; stats: (id: string) => Promise<Stats> };
  readonly admin: Person;
  ask(url: string, options?: Ask): Promise<Answer>;
  person(username: string, options?: { quota?: Partial<Quota>; role?: User['role'] }): Promise<Person>;
  token(user: User, scopes: TokenScope[], expiresAt?: number | null): Promise<string>;
  /** Reports a status as the reconciler would, under a lease. */
  report(id: string, status: Partial<Omit<InstanceStatus, 'since'>>, rotation?: { rotated: string } | { rotationRefused: string }): Promise<void>;
  /** As the reconciler at the end of a deletion. */
  close(id: string): Promise<void>;
}

export interface Person {
  readonly user: User;
  readonly token: string;
}

const ANY = 'any report';

export async function startApi(overrides: { config?: Partial<ApiConfig>; isPortFree?: ApiDependencies['isPortFree']; clock?: Clock; signIn?: ApiDependencies['signIn']; publicUrl?: string } = {}): Promise<Harness> {
  const directory = await temporaryDirectory('api');
  const lines: string[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
  const store = await openStore({ home: directory.path, databaseUrl: null, clock: systemClock, log });
  await loadBuiltinTemplates(store, path.resolve(import.meta.dirname, '../../templates'));
  const reports = new EventEmitter().setMaxListeners(0);
  const woken: string[] = [];
  const runtime: Harness['runtime'] = { logs: noLogs, stats: async () => ({ cpuMs: 1, memoryBytes: 2, diskBytes: 3, processes: 4 }) };
  const secretBox = await openSecretBox({ home: directory.path, key: null });
  const { publicUrl = 'http://localhost:8080' } = overrides;
  const installation = overrides.config?.installation === undefined ? {} : { installation: overrides.config.installation };
  const issuer = createIssuer({ store, box: secretBox, clock: overrides.clock ?? systemClock, log, publicUrl: () => publicUrl, ...installation });
  const app = await buildApp({
    signIn: overrides.signIn ?? { kind: 'embedded', issuer },
    store,
    secretBox,
    clock: overrides.clock ?? systemClock,
    log,
    news: {
      onNews(callback) {
        reports.on(ANY, callback);
        return () => void reports.off(ANY, callback);
      },
    },
    config: { domain: 'localhost', portRange: PORT_RANGE, defaultQuota: QUOTA, policies: { sleepAfterMs: null, removeAfterMs: null }, gateway: { postgresqlPort: 15432, redisPort: 16379, tlsPort: 13443, certificateAuthority: null }, isPublicHttps: publicUrl.startsWith('https:'), ...overrides.config },
    wake: { changed: (id) => void woken.push(id) },
    backups: createBackupFiles(directory.path),
    status: {
      onReport(id, callback) {
        reports.on(id, callback);
        return () => void reports.off(id, callback);
      },
    },
    instances: { logs: (...args) => runtime.logs(...args), stats: (id) => runtime.stats(id) },
    isPortFree: overrides.isPortFree ?? isPortFree,
  });

  const token = async (user: User, scopes: TokenScope[], expiresAt: number | null = null): Promise<string> => {
    const { secret } = newApiToken();
    noteSecret('API token', secret);
    await store.tokens.create({ id: randomId(), userId: user.id, name: 'test', scopes, expiresAt }, hashApiToken(secret));
    return secret;
  };
  const person: Harness['person'] = async (username, { quota, role = 'user' } = {}) => {
    const user = await store.users.create({ id: randomId(), username, displayName: username, email: null, role, quota: { ...QUOTA, ...quota } });
    return { user, token: await token(user, role === 'admin' ? ['admin'] : ['read', 'write']) };
  };
  return {
    app,
    store,
    home: directory.path,
    secretBox,
    logged: () => lines.join(''),
    woken,
    runtime,
    admin: await person('admin', { role: 'admin' }),
    person,
    token,
    async ask(url, { method = 'GET', token: bearer, body, headers = {} } = {}) {
      const raw = typeof body === 'string';
      const options: InjectOptions = {
        method,
        url,
        headers: { ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }), ...(raw ? { 'content-type': 'application/json' } : {}), ...headers },
        ...(body === undefined ? {} : { payload: body as string }),
      };
      const answer = await app.inject(options);
      const isJson = /[/+]json/.test(String(answer.headers['content-type'])) && answer.payload.startsWith('{');
      const json = isJson ? answer.json<Body>() : ({} as Body);
      noteSecretsIn(json);
      return { status: answer.statusCode, headers: answer.headers, text: answer.payload, json };
    },
    async report(id, status, rotation) {
      const lease = await store.instances.acquireLease(id, 'test', 10_000);
      if (lease === null) throw new Error(`no lease on ${id}`);
      if (!(await store.instances.report(lease, status, rotation))) throw new Error('lease lost');
      await store.instances.releaseLease(lease);
      reports.emit(id);
      reports.emit(ANY);
    },
    async close(id) {
      const lease = await store.instances.acquireLease(id, 'test', 10_000);
      if (lease === null) throw new Error(`no lease on ${id}`);
      await store.instances.close(lease, { quarantineUntil: 0 });
      reports.emit(id);
      reports.emit(ANY);
    },
    async [Symbol.asyncDispose]() {
      await app.close();
      await store.close();
      noteKeysOf(directory.path);
      keepLogText('api', lines.join(''));
      await directory[Symbol.asyncDispose]();
    },
  };
}

async function* noLogs(): AsyncGenerator<LogLine> {
  // an instance that has said nothing
}

/** The real bind, where nobody else does it. */
export async function isPortFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, LOOPBACK);
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

/** Makes an instance and returns its view. */
export async function create(api: Harness, token: string, name: string, template = 'postgresql'): Promise<Body> {
  const { status, json, text } = await api.ask('/api/containers', { method: 'POST', token, body: { template, name } });
  if (status !== 202) throw new Error(`create: ${String(status)} ${text}`);
  return json;
}
