import type { Engine, LaunchInput } from '../../domain/ports/engine.ts';

/** Of the memory limit; the rest is for buffers, fragmentation and the copy-on-write of a rewrite. */
const MAX_MEMORY_SHARE = 0.75;

/**
 * Makes an official image, or ours, listen where we look, with one ACL user and `default` off, and keep every write. The password comes
 * by the environment and is written to the ACL file as its hash, only if there is no such file: later changes of it (rotation) stay.
 */
export const launch: Engine['launch'] = (input) => ({
  command: input.command ?? ['sh', '-c', SCRIPT, 'sh', input.dataPath ?? '/tmp', 'redis-server', ...serverOptions(input)],
  environment: { REDIS_USERNAME: input.username, REDIS_PASSWORD: input.password },
});

/**
 * sh -c SCRIPT sh <data directory> redis-server <options>. The file appears complete or not at all, also after a power cut. As root it goes on through the official
 * image's entrypoint, which hands the data to the user `redis` and becomes that user.
 */
const SCRIPT = `set -eu
umask 077
data=$1; shift
cd "$data"
if [ ! -s "$data/users.acl" ]; then
  case $REDIS_USERNAME in ''|*[!A-Za-z0-9_.-]*) echo "REDIS_USERNAME has to be letters, digits, _ . -" >&2; exit 64;; esac
  hash=$(printf %s "$REDIS_PASSWORD" | sha256sum | cut -d ' ' -f 1)
  [ "\${#hash}" = 64 ] || { echo "sha256sum does not work in this image" >&2; exit 70; }
  printf 'user default off resetpass ~* &* +@all\\nuser %s on #%s ~* &* +@all\\n' "$REDIS_USERNAME" "$hash" > "$data/users.acl.new"
  sync "$data/users.acl.new" 2> /dev/null || sync
  mv "$data/users.acl.new" "$data/users.acl"
fi
unset REDIS_PASSWORD
if [ "$(id -u)" = 0 ] && command -v docker-entrypoint.sh > /dev/null; then
  set -- docker-entrypoint.sh "$@"
fi
exec "$@"`;

function serverOptions(input: LaunchInput): string[] {
  const { dataPath, socketDirectory, socketName } = input;
  const data = dataPath ?? '/tmp';
  const listen = socketDirectory === null
    ? ['--port', String(input.port), '--bind', '*', '-::*']
    : ['--port', '0', '--unixsocket', `${socketDirectory}/${socketName ?? 'redis.sock'}`, '--unixsocketperm', '777'];
  return [
    '--dir', data,
    ...listen,
    '--aclfile', `${data}/users.acl`,
    '--appendonly', 'yes',
    '--save', '', // the log of all changes is what counts; snapshots beside it would only cost forks and disk
    '--maxmemory', String(Math.floor(input.memoryBytes * MAX_MEMORY_SHARE)),
    '--maxmemory-policy', 'noeviction',
    '--daemonize', 'no',
  ];
}
