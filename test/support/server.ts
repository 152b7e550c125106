import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { InstanceView } from '../../src/api/schemas/instance.ts';
import { serverCommand } from '../../scripts/setup/server-command.mjs';
import { claimPortRange, freePort } from './ports.ts';
import { keepLog, keepLogText, noteKeysOf, notePasswordsIn, noteSecret, noteSecretsIn } from './secrets.ts';
import { temporaryDirectory } from './tmp.ts';
import { waitFor } from './wait.ts';
import { containersIn, processesIn, removeContainers } from './world.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

export interface ServerOptions {
  readonly runtime: 'docker' | 'process';
  /** More settings, e.g. `DBMAKER_QUOTA_INSTANCES`. */
  readonly env?: Readonly<Record<string, string>>;
  /** A program and arguments that start it, e.g. with fewer capabilities. */
  readonly through?: readonly string[];
  /** An existing home to go on with; it is left in place by dispose. Default: a new one. */
  readonly home?: string;
}

export interface Answer<T = unknown> {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed JSON; the text where it is none. */
  readonly body: T;
}

/** A real server in a process of its own, with its own home and port range. */
export interface TestServer extends AsyncDisposable {
  readonly url: string;
  readonly home: string;
  readonly ports: { readonly from: number; readonly to: number };
  /** Shared ports of the gateway. */
  readonly gateway: { readonly postgresql: number; readonly redis: number; readonly tls: number };
  /** What it is started with: for another process beside it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Of the current run; undefined while it is down. */
  readonly pid: number | undefined;
  /** Of the bootstrap admin. */
  adminToken(): Promise<string>;
  /** One request, as the admin unless `headers.authorization` says otherwise. @throws TypeError when the server is not there */
  api<T = unknown>(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer<T>>;
  /** Sends a signal and waits for the end of the process. Nothing if it is down. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Starts it again (after kill) on the same home and port and waits for /health. */
  start(): Promise<void>;
  /** SIGTERM, then start. */
  restart(): Promise<void>;
  logText(): Promise<string>;
  /** Its store is gone: dispose ends what runs in its home instead of asking for deletions. */
  abandon(): void;
  /** Deletes every instance through the API, stops the server, removes the home. @throws Error when something of it is still on the machine */
  dispose(): Promise<void>;
}

/** Starts the server and waits until /health says 200. @throws Error with the log when it does not */
export async function startServer(options: ServerOptions): Promise<TestServer> {
  await using failed = new AsyncDisposableStack(); // what was taken is given back whichever step fails
  const scratch = failed.use(await temporaryDirectory('server'));
  const range = failed.use(await claimPortRange());
  const port = await freePort();
  const gateway = { postgresql: await freePort(), redis: await freePort(), tls: await freePort() };
  const taken = failed.move();
  const release = (): Promise<void> => taken.disposeAsync();
  const server = new ServerProcess(options, options.home ?? path.join(scratch.path, 'home'), path.join(scratch.path, 'server.log'), range, { http: port, gateway }, release);
  try {
    await server.start();
  } catch (error) {
    await server.dispose();
    throw error;
  }
  return server;
}

type Left = Pick<InstanceView, 'id' | 'name' | 'status' | 'reason' | 'progress'>;

/** Of a warning the words are enough: sixty stacks push the words out of what CI shows. */
const withoutStack = (line: string): string => (/"level":[1-4]0,/.test(line) ? line.replace(/"stack":"(?:[^"\\]|\\.)*",/, '') : line);

/** What the server needs of our environment; nothing of a developer's own DBMAKER_* reaches a test. */
const PASSED_ON = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'DOCKER_HOST', 'DBM_TEST_RUN'];

class ServerProcess implements TestServer {
  readonly url: string;
  readonly home: string;
  readonly ports: { readonly from: number; readonly to: number };
  readonly gateway: TestServer['gateway'];
  readonly #options: ServerOptions;
  readonly #logFile: string;
  readonly #httpPort: number;
  readonly #release: () => Promise<void>;
  #child: ChildProcess | undefined;
  #logKept = false;
  #abandoned = false;
  #token: string | undefined;

  constructor(options: ServerOptions, home: string, logFile: string, range: TestServer['ports'], ports: { http: number; gateway: TestServer['gateway'] }, release: () => Promise<void>) {
    this.#options = options;
    this.home = home;
    this.#logFile = logFile;
    this.ports = { from: range.from, to: range.to };
    this.gateway = ports.gateway;
    this.#httpPort = ports.http;
    this.#release = release;
    this.url = `http://127.0.0.1:${ports.http}`;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  async start(): Promise<void> {
    if (this.#child) return;
    const log = openSync(this.#logFile, 'a', 0o600); // a file, not a pipe: it has the last words before a kill -9
    if (!this.#logKept) keepLog(this.#logFile);
    this.#logKept = true;
    const { program, args, env } = serverCommand(ROOT, this.environment);
    const [first = program, ...rest] = [...(this.#options.through ?? []), program, ...args];
    const child = spawn(first, rest, { cwd: ROOT, env, stdio: ['ignore', log, log] });
    closeSync(log);
    await once(child, 'spawn');
    this.#child = child;
    child.once('exit', () => {
      if (this.#child === child) this.#child = undefined;
    });
    await waitFor(
      async () => {
        if (this.#child !== child) return 'gone';
        return (await fetch(`${this.url}/health`, { signal: AbortSignal.timeout(5000) })).status === 200 && 'healthy';
      },
      { what: 'GET /health to say 200', timeoutMs: 60_000, intervalMs: 20, explain: () => this.logText() },
    ).then(async (state) => {
      if (state === 'gone') throw new Error(`The server ended while starting (${child.exitCode ?? child.signalCode ?? '?'}):\n${await this.logText()}`);
    });
    const { DBMAKER_ENCRYPTION_KEY: key, DBMAKER_DATABASE_URL: url } = this.environment;
    if (key !== undefined) noteSecret('encryption key', key);
    if (url !== undefined) noteSecret('password', new URL(url).password);
    noteKeysOf(this.home);
  }

  get environment(): Record<string, string> {
    const kept = PASSED_ON.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]] as const]));
    return {
      ...Object.fromEntries(kept),
      DBMAKER_HOME: this.home,
      DBMAKER_HTTP_PORT: String(this.#httpPort),
      DBMAKER_RUNTIME: this.#options.runtime,
      DBMAKER_PORT_RANGE: `${this.ports.from}-${this.ports.to}`,
      DBMAKER_POSTGRESQL_PORT: String(this.gateway.postgresql),
      DBMAKER_REDIS_PORT: String(this.gateway.redis),
      DBMAKER_TLS_PORT: String(this.gateway.tls),
      DBMAKER_LOG_LEVEL: 'debug',
      ...this.#options.env,
    };
  }

  async adminToken(): Promise<string> {
    this.#token ??= (await readFile(path.join(this.home, 'admin.token'), 'utf8')).trim();
    return this.#token;
  }

  async api<T = unknown>(method: string, target: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer<T>> {
    const response = await fetch(new URL(target, this.url), {
      method,
      headers: {
        authorization: `Bearer ${await this.adminToken()}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(150_000),
    });
    const text = await response.text();
    const parsed: unknown = response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text;
    noteSecretsIn(body);
    noteSecretsIn(parsed);
    if (method === 'POST' && response.ok && target.startsWith('/api/containers')) await this.#notePasswords();
    return { status: response.status, headers: response.headers, body: parsed as T };
  }

  async #notePasswords(): Promise<void> {
    const { DBMAKER_ENCRYPTION_KEY: key, DBMAKER_DATABASE_URL: url } = this.environment;
    if (url === undefined) await notePasswordsIn(this.home, key ?? null);
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (!child) return;
    const ended = once(child, 'exit', { signal: AbortSignal.timeout(30_000) });
    child.kill(signal);
    await ended;
  }

  async restart(): Promise<void> {
    await this.kill('SIGTERM');
    await this.start();
  }

  async logText(): Promise<string> {
    const text = await readFile(this.#logFile, 'utf8').catch(() => '');
    // Without the answered requests: tests that poll would push everything else out of sight.
    return text.split('\n').filter((line) => !/"status":[1-4]\d\d,.*"msg":"request"/.test(line)).slice(-60).map(withoutStack).join('\n');
  }

  abandon(): void {
    this.#abandoned = true;
  }

  async dispose(): Promise<void> {
    const faults: string[] = [];
    try {
      if (!this.#abandoned) await this.#deleteInstances();
    } catch (error) {
      faults.push(`deleting through the API failed: ${error instanceof Error ? error.message : String(error)}`);
    }
    await this.kill('SIGTERM').catch(async () => {
      faults.push('the server did not end within 30 s of SIGTERM');
      await this.kill('SIGKILL');
    });
    let log = '';
    try {
      const cleared = await this.#clearAway();
      if (!this.#abandoned) faults.push(...cleared);
      log = faults.length > 0 ? await this.logText() : '';
    } finally {
      await this.#release();
    }
    if (faults.length > 0) throw new Error(`The test server left something behind:\n- ${faults.join('\n- ')}\n${log}`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  async #deleteInstances(): Promise<void> {
    const somethingThere = (await processesIn(this.home)).length > 0 || (await containersIn(this.home)).length > 0;
    if (!this.#child && !somethingThere) return;
    await this.start();
    await this.#keepLogsOfInstances();
    const left = async (): Promise<Left[]> => (await this.api<{ items: Left[] }>('GET', '/api/containers?limit=200')).body.items;
    await Promise.all((await left()).map(({ id }) => this.api('DELETE', `/api/containers/${id}?backup=false`)));
    await waitFor(async () => (await left()).length === 0, {
      what: 'every instance to be deleted', timeoutMs: 60_000, intervalMs: 100,
      explain: async () => (await left()).map(({ id, name, status, reason, progress }) => JSON.stringify({ id, name, status, reason, progress })).join('\n'),
    });
  }

  /** What the engines said: they too must print no secret. */
  async #keepLogsOfInstances(): Promise<void> {
    const { items } = (await this.api<{ items: { id: string; type: string }[] }>('GET', '/api/containers?limit=200')).body;
    for (const { id, type } of items) keepLogText(`${type}-instance`, String((await this.api('GET', `/api/containers/${id}/logs?tail=10000`)).body));
  }

  /** Ends what should not be there any more, and names it. */
  async #clearAway(): Promise<string[]> {
    const containers = await containersIn(this.home);
    await removeContainers(containers);
    const processes = await processesIn(this.home);
    for (const { pid } of processes) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // ended by itself meanwhile
      }
    }
    return [...containers.map(({ name }) => `container ${name}`), ...processes.map(({ pid, command }) => `process ${pid}: ${command}`)];
  }
}
