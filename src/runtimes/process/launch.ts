import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { Host } from './host.ts';
import { SEARCH_PATH } from './host.ts';

/** Exit code of the launcher when another process holds the lock. */
export const LOCK_BUSY = 75;
/** When its control group vanished: another server that wants to start the same instance made it anew. */
export const GROUP_GONE = 77;
/** Each of an instance's own temporary directories; what is in them counts as its memory. As in a container. */
const PRIVATE_DIRECTORY_BYTES = 64 * 1024 * 1024;

/**
 * Becomes the wanted program step by step, in one process whose pid stays. Why a shell: between fork and exec of a child Node lets us
 * take no lock, join no control group and drop no capability.
 *
 * Arguments: options `name=value` in the order in which they are to happen, `--`, the program and its arguments.
 * - lock=FILE     descriptor 8, inherited by everything that the program starts: as long as one of them lives, nobody else can start here
 * - record=FILE   writes down who we are. By the process itself and under the lock: there is no moment in which it runs unrecorded
 * - join=FILE     enters a control group;   unlink=FILE  removes a stale file of the run before
 * - private=DIR   an empty directory of its own in that place; afterwards paths below it lead nowhere, so this comes after all files above
 * - started=3     tells the server through descriptor 3; goes on if there is none any more: it was recorded, the next one finds it
 * - hide=9        leaves the working directory open as descriptor 9 and goes to /: directories above it may be closed to the program's uid
 * - user=UID      becomes that user without any capability
 */
const SCRIPT = `
umask 077
user=
while [ "$1" != -- ]; do
  value=\${1#*=}
  case $1 in
    lock=*) exec 8<"$value" && flock -n 8 || exit ${LOCK_BUSY} ;;
    record=*) read -r stat < "/proc/$$/stat" && read -r boot < /proc/sys/kernel/random/boot_id && printf '%s %s\\n' "$boot" "$stat" > "$value" || exit 76 ;;
    join=*) echo $$ > "$value" || exit ${GROUP_GONE} ;;
    unlink=*) rm -f -- "$value" ;;
    private=*) mount -n -t tmpfs -o nosuid,nodev,noexec,mode=1777,size=${PRIVATE_DIRECTORY_BYTES} tmpfs "$value" || exit 78 ;;
    started=*) trap '' PIPE; echo started >&3 2> /dev/null; trap - PIPE; exec 3>&- ;;
    hide=*) exec 9<. && cd / || exit 79 ;;
    user=*) user=$value ;;
  esac
  shift
done
shift
ulimit -c 0
if [ -n "$user" ]; then
  exec setpriv --reuid "$user" --regid "$user" --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all -- "$@"
fi
exec setpriv --no-new-privs -- "$@"
`;

export interface LaunchOptions {
  readonly argv: readonly string[];
  readonly cwd: string;
  /** null: the server's own. */
  readonly uid: number | null;
  readonly lock?: string;
  readonly record?: string;
  /** cgroup.procs files. */
  readonly join?: readonly string[];
  readonly unlink?: readonly string[];
  readonly hideDirectory?: boolean;
  /** Give it a network, IPC and temporary directories of its own, where the host can: it then reaches nothing but its own files. */
  readonly isolate?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
  /** Descriptor for stdout and stderr; `pipe`: both readable. */
  readonly output: number | 'pipe';
  readonly input: 'ignore' | 'pipe';
}

/**
 * Starts a program as another user, in a session of its own: it outlives the server. With `record` the launcher also tells on
 * descriptor 3 that it has written it.
 */
export function launch(host: Host, options: LaunchOptions): ChildProcess {
  const { isolation, privateDirectories } = options.isolate === true ? host : { isolation: [], privateDirectories: [] };
  const steps = [
    ...(options.lock === undefined ? [] : [`lock=${options.lock}`]),
    ...(options.join ?? []).map((file) => `join=${file}`),
    ...(options.unlink ?? []).map((file) => `unlink=${file}`),
    ...(options.record === undefined ? [] : [`record=${options.record}`]),
    ...privateDirectories.filter((directory) => options.argv[0]?.startsWith(`${directory}/`) !== true).map((directory) => `private=${directory}`),
    ...(options.record === undefined ? [] : ['started=3']),
    ...(options.hideDirectory === true ? ['hide=9'] : []),
    ...(options.uid === null ? [] : [`user=${options.uid}`]),
  ];
  const shell = [host.shell, '-c', SCRIPT, 'dbmaker-launch', ...steps, '--', ...options.argv];
  const [program = host.shell, ...argv] = [...isolation, ...shell];
  return spawn(program, argv, {
    cwd: options.cwd,
    detached: true,
    env: { PATH: SEARCH_PATH, LANG: 'C.UTF-8', TZ: 'UTC', HOME: '/', ...options.environment },
    stdio: [options.input, options.output, options.output, options.record === undefined ? 'ignore' : 'pipe'],
  });
}
