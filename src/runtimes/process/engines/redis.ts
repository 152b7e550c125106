import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { promisify } from 'node:util';
import { DbmakerError } from '../../../domain/errors.ts';
import type { Resources } from '../../../domain/instance/instance.ts';
import { existsHostile, listDirectory } from '../files.ts';
import { findProgram } from '../host.ts';
import type { LocalEngine } from './local-engine.ts';
import { settingsOf } from './settings.ts';

const OLDEST_MAJOR = 7;
const REMEDY = 'apt-get install redis-server';
/** Access rules, next to the data: Redis rewrites them by ACL SAVE. */
const ACL_FILE = 'users.acl';
/** So many names of a data directory are looked at: a whole one has some dozens, one that its owner filled may have millions. */
const MOST_NAMES = 1000;

/** What the runtime decides itself, so that a template's command cannot move it. */
const FIXED_SETTINGS: ReadonlySet<string> = new Set([
  'port', 'tls-port', 'bind', 'unixsocket', 'unixsocketperm', 'dir', 'dbfilename', 'aclfile', 'daemonize', 'supervised', 'pidfile', 'logfile', 'include', 'loadmodule',
  'requirepass', 'user', 'enable-protected-configs', 'enable-debug-command', 'enable-module-command', 'set-proc-title', 'syslog-enabled',
]);

const SCRIPT = `
uid=$1
mkdir -m 0700 data.init
printf '%s\\n' "$input" > data.init/${ACL_FILE}
[ "$uid" = - ] || chown -R "$uid:$uid" data.init
`;

export function createRedis(options: { readonly uidOf: (ordinal: number) => Promise<number | null> }): LocalEngine {
  const program = async (): Promise<{ file: string; major: number } | null> => {
    const file = findProgram('redis-server');
    return file === null ? null : { file, major: await majorVersion(file) };
  };
  const missing = (): DbmakerError => new DbmakerError('engine_unavailable', 'redis-server is not installed on this machine.', { remedy: REMEDY });

  return {
    name: 'redis',
    stopSignal: 'SIGTERM', // saves, then ends
    hideDirectory: false,
    socketName: 'redis.sock',

    async availability(wanted) {
      const found = await program();
      if (found === null) return { available: false, reason: 'redis-server is not installed on this machine.', remedy: REMEDY };
      const least = Math.max(OLDEST_MAJOR, wanted ?? OLDEST_MAJOR);
      if (found.major >= least) return { available: true };
      return { available: false, reason: `The redis-server of this machine is version ${found.major}; ${least} or newer is needed.`, remedy: 'Install a newer redis-server, or Docker.' };
    },

    async prepare(onProgress) {
      onProgress({ step: 'image', message: 'Looking for redis-server' });
      const found = await program();
      if (found === null) throw missing();
      if (found.major < OLDEST_MAJOR) throw new DbmakerError('engine_unavailable', `The redis-server of this machine is version ${found.major}; ${OLDEST_MAJOR} or newer is needed.`, { remedy: REMEDY });
    },

    async inspectData(directory) {
      const entries = await listDirectory(directory, MOST_NAMES);
      if (entries.length === 0) return 'empty';
      const known = entries.every((name) => name === ACL_FILE || name === 'appendonlydir' || /\.(rdb|aof|acl|tmp|manifest)(-.*)?$|^temp-|^\./.test(name));
      if (known && (await existsHostile(path.join(directory, ACL_FILE)))) return 'complete';
      throw new DbmakerError('data_misplaced', `The data directory of this instance holds ${known ? `no ${ACL_FILE}` : 'something that is not of Redis'}. Nothing was changed.`);
    },

    async initialisation(workload) {
      return { script: SCRIPT, argv: [String((await options.uidOf(workload.ordinal)) ?? '-')], input: accessRules(workload.environment) };
    },

    settings: (command) => settingsOf(command, 'redis-server', FIXED_SETTINGS),

    staleFiles: () => [], // it replaces its socket itself

    async command(definition) {
      const file = findProgram('redis-server');
      if (file === null) throw missing();
      const settings: Record<string, string> = {
        ...settingsFor(definition.resources),
        ...definition.settings,
        port: '0',
        unixsocket: `../run/${definition.socketName}`,
        unixsocketperm: '700',
        dir: '.',
        aclfile: ACL_FILE,
        daemonize: 'no',
        'set-proc-title': 'no',
      };
      return [file, ...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value])];
    },

    endedInOrder: (tail) => /Redis is now ready to exit, bye bye\.\.\.\s*$/.test(tail),

    timeOf(line) {
      const match = /^\d+:[A-Z] (\d\d \w{3} \d{4} \d\d:\d\d:\d\d\.\d{3}) /.exec(line);
      return match === null ? null : Date.parse(`${match[1] ?? ''} UTC`);
    },
  };
}

/** Three quarters for the data: the rest is for buffers, fragmentation and the child that rewrites the log. Nothing is ever evicted. */
function settingsFor(resources: Resources): Record<string, string> {
  return {
    maxmemory: String(Math.floor(resources.memoryBytes * 0.75)),
    'maxmemory-policy': 'noeviction',
    appendonly: 'yes',
    appendfsync: 'everysec',
    save: '3600 1 300 100',
  };
}

/**
 * The only user that may log in; its password as SHA-256, as Redis stores it itself. Nobody is let in as `default`: its rights are for the log,
 * which Redis replays in its name; without them it leaves out every transaction and every script, without failing (redis#14541).
 * @throws DbmakerError invalid_request
 */
export function accessRules(environment: Readonly<Record<string, string>>): string {
  const user = environment['REDIS_USERNAME'] ?? '';
  const password = environment['REDIS_PASSWORD'] ?? '';
  if (!/^[\x21-\x7e]{1,200}$/.test(user) || user === 'default') throw new DbmakerError('invalid_request', 'REDIS_USERNAME must be set, to characters without spaces, and not to "default".');
  if (password === '') throw new DbmakerError('invalid_request', 'REDIS_PASSWORD must be set.');
  return `user default off resetpass ~* &* +@all\nuser ${user} on #${createHash('sha256').update(password).digest('hex')} ~* &* +@all`;
}

async function majorVersion(file: string): Promise<number> {
  try {
    const { stdout } = await promisify(execFile)(file, ['--version'], { timeout: 10_000 });
    return Number(/v=(\d+)\./.exec(stdout)?.[1] ?? 0);
  } catch (error) {
    throw new DbmakerError('engine_unavailable', 'redis-server is installed but does not run.', { cause: error, remedy: `See what "${file} --version" says.` });
  }
}
