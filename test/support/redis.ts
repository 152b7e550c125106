import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, openSync, closeSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Endpoint } from '../../src/domain/endpoint.ts';
import type { EngineTarget } from '../../src/domain/ports/engine.ts';
import { redis } from '../../src/engines/redis/engine.ts';
import { systemClock } from '../../src/main/clock.ts';
import { createConnect } from '../../src/net/connect.ts';
import { temporaryDirectory } from './tmp.ts';
import { waitFor } from './wait.ts';

/** A throw-away Redis on a unix socket, started as a container would start it: by what the engine's launch() says. */
export interface TestRedis extends AsyncDisposable {
  readonly target: EngineTarget;
  readonly endpoint: Endpoint;
  readonly dataPath: string;
  /** All that the server wrote so far. */
  log(): string;
  /** kill -9. */
  kill(): Promise<void>;
  /** Starts it again, with the command and environment of the first time; returns at once. */
  launch(): void;
  /** Waits until it answers, whether or not it lets us in. */
  answering(): Promise<void>;
}

export interface TestRedisOptions {
  /** In place of what launch() makes. */
  readonly command?: readonly string[];
  /** Arguments added to it. */
  readonly extra?: readonly string[];
  readonly username?: string;
  /** How long it may take to answer; default 10,000. */
  readonly timeoutMs?: number;
}

/** Ends the server when its input ends, which also comes when we are killed. */
const SUPERVISE = '"$@" & pid=$!; trap "kill -9 $pid" TERM; read -r _; kill -9 $pid; wait $pid';

/** @throws Error with the end of its log when it does not come up */
export async function startRedis(options: TestRedisOptions = {}): Promise<TestRedis> {
  const root = await temporaryDirectory('redis');
  const server = new Server(root, options);
  try {
    server.launch();
    await server.answering();
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

class Server implements TestRedis {
  readonly target: EngineTarget;
  readonly endpoint: Endpoint;
  readonly dataPath: string;
  readonly #root: AsyncDisposable & { readonly path: string };
  readonly #argv: readonly string[];
  readonly #environment: Readonly<Record<string, string>>;
  readonly #timeoutMs: number;
  #supervisor: ChildProcess | undefined;

  constructor(root: AsyncDisposable & { readonly path: string }, options: TestRedisOptions) {
    this.#root = root;
    this.dataPath = path.join(root.path, 'data');
    mkdirSync(this.dataPath);
    const connect = createConnect(systemClock);
    const endpoint = { kind: 'unix', directory: root.path, name: 'redis.sock' } as const;
    this.endpoint = endpoint;
    this.target = { connect: () => connect(endpoint), username: options.username ?? 'ada-redis-x1', password: randomBytes(12).toString('hex'), database: '0', clock: systemClock };
    const launch = redis.launch({
      slug: this.target.username, username: this.target.username, password: this.target.password, database: '0', memoryBytes: 256 * 1024 * 1024,
      socketDirectory: root.path, socketName: 'redis.sock', dataPath: this.dataPath, port: 6379, command: options.command ?? null, environment: {},
    });
    this.#argv = [...(launch.command ?? []), ...(options.extra ?? [])];
    this.#timeoutMs = options.timeoutMs ?? 10_000;
    this.#environment = launch.environment;
  }

  launch(): void {
    const log = openSync(path.join(this.#root.path, 'log'), 'a');
    const env = { ...this.#environment, PATH: process.env['PATH'] ?? '/usr/bin:/bin' };
    this.#supervisor = spawn('/bin/sh', ['-c', SUPERVISE, 'sh', ...this.#argv], { cwd: this.#root.path, stdio: ['pipe', log, log], env });
    closeSync(log);
  }

  async answering(): Promise<void> {
    const answers = async (): Promise<boolean> => {
      const readiness = await redis.probe(this.target).catch(() => ({ state: 'ready' })); // it answered, with a refusal
      return readiness.state === 'ready';
    };
    await waitFor(answers, { what: 'Redis to answer', timeoutMs: this.#timeoutMs, explain: () => this.log().slice(-2000) });
  }

  log(): string {
    return readFileSync(path.join(this.#root.path, 'log'), 'utf8');
  }

  async kill(): Promise<void> {
    const supervisor = this.#supervisor;
    if (supervisor?.exitCode !== null || supervisor.signalCode !== null) return; // never started, or ended
    const ended = once(supervisor, 'exit');
    supervisor.stdin?.end();
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await this.#root[Symbol.asyncDispose]();
  }
}
