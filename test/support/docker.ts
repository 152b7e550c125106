import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { run } from './run.ts';
import { waitFor } from './wait.ts';
import { allProcesses } from './world.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
export const IMAGES_DIRECTORY = path.join(ROOT, 'docker');
export const POSTGRESQL_IMAGE = 'dbmaker/postgresql:15';
export const REDIS_IMAGE = 'dbmaker/redis:7';

/** Socket of the Docker Engine that the test command started or found. @throws Error when none answers */
export async function ensureDocker(): Promise<string> {
  const host = process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock';
  if (!host.startsWith('unix://')) throw new Error(`These tests need the engine on this machine; DOCKER_HOST is ${host}`);
  const socketPath = host.slice('unix://'.length);
  await docker(socketPath, ['version', '--format', '{{.Server.Version}}']);
  return socketPath;
}

/** Runs the docker command against one engine and returns what it printed. */
export function docker(socketPath: string, argv: readonly string[], options: { timeoutMs?: number } = {}): Promise<string> {
  return run('docker', ['-H', `unix://${socketPath}`, ...argv], options);
}

let images: Promise<unknown> | undefined;

/** Makes our images from Debian's packages where they are missing; a fraction of a second when they are there. */
export async function ensureImages(): Promise<void> {
  images ??= run(process.execPath, [path.join(ROOT, 'scripts/images.mjs'), '--offline'], { timeoutMs: 1_800_000 });
  await images;
}

/** A Docker Engine of this test alone, to be stopped and killed at will. Its containers have no network but their own. */
export interface PrivateDockerd extends AsyncDisposable {
  readonly socketPath: string;
  /** Nothing if it runs. */
  start(): Promise<void>;
  /** Ends it and its containers in good order. */
  stop(): Promise<void>;
  /** kill -9 of dockerd alone; its containers go on. */
  kill(): Promise<void>;
  /** Copies images from the engine that all tests share. */
  load(...names: string[]): Promise<void>;
}

/**
 * Runs dockerd until its input ends, which also comes when we are killed. Without the word `stop` before that, nobody is there any more to
 * clean up, so it does that too.
 */
const SUPERVISE = 'root=$1; shift; "$@" >>"$root/log" 2>&1 </dev/null & pid=$!; word=; read -r word; kill -TERM $pid; wait $pid; [ "$word" = stop ] || rm -rf "$root"';

/** Takes root. `flags`: more of dockerd's own. @throws Error with the end of its log when it does not come up within a minute */
export async function startPrivateDockerd(...flags: string[]): Promise<PrivateDockerd> {
  const shared = await ensureDocker();
  // Not os.tmpdir(): paths of sockets are limited to 107 bytes.
  const dockerd = new Dockerd(await mkdtemp('/tmp/dbm-dockerd-'), shared, flags);
  try {
    await dockerd.start();
    return dockerd;
  } catch (error) {
    await dockerd[Symbol.asyncDispose]();
    throw error;
  }
}

class Dockerd implements PrivateDockerd {
  readonly socketPath: string;
  readonly #root: string;
  readonly #shared: string;
  readonly #flags: readonly string[];
  #supervisor: ReturnType<typeof spawn> | undefined;

  constructor(root: string, shared: string, flags: readonly string[]) {
    this.#root = root;
    this.#shared = shared;
    this.#flags = flags;
    this.socketPath = path.join(root, 'docker.sock');
  }

  async start(): Promise<void> {
    if (this.#runs()) return;
    const name = path.basename(this.#root);
    // In a network of its own: with --bridge=none dockerd deletes docker0, which is that of the shared engine.
    this.#supervisor = spawn('/bin/sh', ['-c', SUPERVISE, 'sh', this.#root, 'unshare', '--net', 'dockerd',
      '-H', `unix://${this.socketPath}`, '--data-root', path.join(this.#root, 'data'), '--exec-root', path.join(this.#root, 'exec'),
      '--pidfile', this.#pidfile, '--bridge=none', '--iptables=false', '--ip6tables=false', '--shutdown-timeout=10',
      // Where a containerd of the system runs, both engines use it.
      '--containerd-namespace', name, '--containerd-plugins-namespace', `${name}-plugins`, ...this.#flags,
    ], { stdio: ['pipe', 'ignore', 'ignore'], env: { ...process.env, TMPDIR: this.#root } }); // where its containerd leaves its stacks when it is killed
    this.#supervisor.stdin?.on('error', () => undefined); // dockerd ended by itself: waitFor below says why
    await waitFor(async () => docker(this.socketPath, ['version'], { timeoutMs: 5_000 }), {
      what: 'a private dockerd', timeoutMs: 60_000, intervalMs: 100, explain: async () => (await readFile(path.join(this.#root, 'log'), 'utf8')).slice(-3_000),
    });
  }

  async stop(): Promise<void> {
    const supervisor = this.#supervisor;
    if (!this.#runs() || supervisor === undefined) return;
    const ended = once(supervisor, 'exit');
    supervisor.stdin?.end('stop\n');
    await ended;
  }

  async kill(): Promise<void> {
    process.kill(Number(await readFile(this.#pidfile, 'utf8')), 'SIGKILL');
    await this.stop();
    await rm(this.#pidfile, { force: true });
    // Its containerd goes with it, but where nobody collects the dead the next dockerd would take it for alive by this file.
    await rm(path.join(this.#root, 'exec/containerd/containerd.pid'), { force: true });
  }

  async load(...names: string[]): Promise<void> {
    await run('/bin/sh', ['-c', 'from=$1 to=$2; shift 2; docker -H "$from" save "$@" | docker -H "$to" load', 'sh', `unix://${this.#shared}`, `unix://${this.socketPath}`, ...names],
      { timeoutMs: 300_000 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.start(); // after a kill: somebody has to end the containers and unmount
      const ids = (await docker(this.socketPath, ['ps', '-aq'])).split('\n').filter((id) => id !== '');
      if (ids.length > 0) await docker(this.socketPath, ['rm', '-f', '-v', ...ids]);
    } finally {
      await this.stop();
      await this.#endShims();
      await this.#unmount();
      await rm(this.#root, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    }
  }

  /** What kept a container that dockerd had begun to start, and forgot when it was ended. They name its namespace, which is ours alone. */
  async #endShims(): Promise<void> {
    for (const { pid, command } of await allProcesses()) {
      if (!command.includes(`-namespace ${path.basename(this.#root)} `)) continue;
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // ended by itself
      }
    }
  }

  /** A dockerd that was killed leaves its mounts, and the next one only takes down its own. */
  async #unmount(): Promise<void> {
    const mounts = (await readFile('/proc/mounts', 'utf8')).split('\n').map((line) => line.split(' ')[1] ?? '').filter((at) => at.startsWith(`${this.#root}/`));
    for (const at of mounts.reverse()) await run('umount', [at]);
  }

  #runs(): boolean {
    return this.#supervisor !== undefined && this.#supervisor.exitCode === null && this.#supervisor.signalCode === null;
  }

  get #pidfile(): string {
    return path.join(this.#root, 'pid');
  }
}
