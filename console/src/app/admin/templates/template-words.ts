/** What people call the members of a template, by JSON pointer. */
const NAMES: Readonly<Record<string, string>> = {
  '/': $localize`The document`,
  '/name': $localize`The name`,
  '/type': $localize`The type`,
  '/image': $localize`The image`,
  '/defaultPort': $localize`The port`,
  '/connectionStringTemplate': $localize`The connection string`,
  '/description': $localize`The description`,
  '/version': $localize`The version`,
  '/icon': $localize`The icon`,
  '/engine': $localize`The engine`,
  '/endpoint': $localize`The way to it`,
  '/protocol': $localize`The protocol`,
  '/dataPath': $localize`The data directory`,
  '/socketDirectory': $localize`The directory of the socket`,
  '/resources/memory': $localize`The memory`,
  '/resources/cpus': $localize`The number of CPUs`,
  '/resources/pids': $localize`The number of processes`,
  '/policies/sleepAfter': $localize`The time until it sleeps`,
  '/policies/removeAfter': $localize`The time until it is removed`,
  '/policies/ttl': $localize`Its life time`,
  '/environmentVariables': $localize`The list of variables`,
  '/command': $localize`The command`,
};

type Fields = Readonly<Record<string, string>>;

/** Which pointers a field of the form answers for: itself, and of lists each member. */
function belongs(pointer: string, field: string): boolean {
  return pointer === field || ((field === '/environmentVariables' || field === '/command') && pointer.startsWith(`${field}/`));
}

/** What is wrong at one field of the form, as sentences; null: nothing. */
export function problemAt(fields: Fields, field: string): string | null {
  const found = Object.entries(fields).filter(([pointer]) => belongs(pointer, field));
  return found.length === 0 ? null : found.map(([pointer, problem]) => sentence(pointer, problem)).join(' ');
}

/** What is wrong where the form has no field. */
export function otherProblems(fields: Fields): string[] {
  const known = Object.keys(NAMES).filter((field) => field !== '/');
  return Object.entries(fields).filter(([pointer]) => !known.some((field) => belongs(pointer, field))).map(([pointer, problem]) => sentence(pointer, problem));
}

function sentence(pointer: string, problem: string): string {
  return $localize`${nameOf(pointer)}:field: ${problem}:problem:.`;
}

function nameOf(pointer: string): string {
  const name = NAMES[pointer];
  if (name !== undefined) return name;
  const variable = /^\/environmentVariables\/(.*)$/.exec(pointer)?.[1];
  if (variable !== undefined) return $localize`${unescaped(variable)}:variable::`;
  const argument = /^\/command\/(\d+)$/.exec(pointer)?.[1];
  if (argument !== undefined) return $localize`Argument ${Number(argument) + 1}:number:`;
  return unescaped(pointer.slice(1)).replaceAll('/', '.');
}

/** RFC 6901. */
function unescaped(text: string): string {
  return text.replaceAll('~1', '/').replaceAll('~0', '~');
}
