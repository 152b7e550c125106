import { pointerOf } from '../json-pointer.ts';

/** What a template may put into the environment of an instance. */

const MAX_VARIABLES = 50;
const MAX_VALUE_BYTES = 4096;

/** Prefixes and names that change how programs are loaded, where data goes, or who may log in: ours to set, or nobody's. */
const RESERVED_PREFIXES = ['LD_', 'DYLD_', 'PG', 'DBMAKER_', 'DOCKER_', 'BASH_', 'GLIBC_', 'GCONV_', 'MALLOC_', 'NODE_', 'PYTHON', 'PERL', 'RUBY', 'JAVA_', 'JDK_', 'SSL_', 'REDISCLI_'];
const RESERVED_NAMES: ReadonlySet<string> = new Set([
  'PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'PWD', 'HOSTNAME', 'IFS', 'ENV', 'BASHOPTS', 'SHELLOPTS', 'PS4', 'TMPDIR', 'LOCPATH', 'NLSPATH', 'HOSTALIASES', 'RES_OPTIONS',
  'POSTGRES_HOST_AUTH_METHOD', 'POSTGRES_INITDB_ARGS', 'POSTGRES_INITDB_WALDIR', 'POSTGRES_USER_FILE', 'POSTGRES_PASSWORD_FILE', 'POSTGRES_DB_FILE',
]);

function nameProblem(name: string): string | null {
  if (name.length > 128 || !/^[A-Z_][A-Z0-9_]*$/.test(name)) return 'names of variables are upper-case letters, digits and _, and do not start with a digit';
  return RESERVED_NAMES.has(name) || RESERVED_PREFIXES.some((prefix) => name.startsWith(prefix)) ? 'this variable is reserved' : null;
}

function valueProblem(value: string): string | null {
  if (/[\u0000-\u0008\u000A-\u001F\u007F]/.test(value)) return 'must not hold line breaks or control characters';
  return Buffer.byteLength(value) > MAX_VALUE_BYTES ? `must be at most ${String(MAX_VALUE_BYTES)} bytes` : null;
}

/** JSON pointer -> text of what is wrong; empty when all is well. Placeholders are checked elsewhere. */
export function environmentProblems(environment: Readonly<Record<string, string>>, base: string): Record<string, string> {
  const entries = Object.entries(environment);
  if (entries.length > MAX_VARIABLES) return { [base]: `must hold at most ${String(MAX_VARIABLES)} variables` };
  return Object.fromEntries(entries.flatMap(([name, value]) => {
    const problem = nameProblem(name) ?? valueProblem(value);
    return problem === null ? [] : [[base + pointerOf(name.slice(0, 128)), problem]];
  }));
}
