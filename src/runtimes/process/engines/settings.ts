/**
 * Settings in a command such as `postgres -c name=value` or `redis-server --name value`. An image's command also says things that are
 * decided here (addresses, directories): the caller leaves those out by `fixed`. A command of another form (a script) has none.
 */
export function settingsOf(command: readonly string[] | null, program: string, fixed: ReadonlySet<string>): Record<string, string> {
  const settings: Record<string, string> = {};
  if (command === null || command[0]?.split('/').at(-1) !== program) return settings;
  const add = (name: string | undefined, value: string | undefined): void => {
    const key = name?.toLowerCase();
    if (key !== undefined && value !== undefined && /^[a-z][a-z0-9_.-]*$/.test(key) && !fixed.has(key)) settings[key] = value;
  };
  for (let i = 1; i < command.length; i++) {
    const word = command[i] ?? '';
    const assignment = word === '-c' ? command[++i] ?? '' : /^(?:-c|--)([^=]+=.*)$/s.exec(word)?.[1];
    if (assignment !== undefined) add(assignment.slice(0, assignment.indexOf('=')), assignment.slice(assignment.indexOf('=') + 1));
    else if (word.startsWith('--')) add(word.slice(2), command[++i]);
  }
  return settings;
}

/** `dbmaker/postgresql:15`, `postgres:15.4-alpine` -> 15; no number in the tag: null. */
export function majorOf(image: string): number | null {
  const tag = /:([^/:@]+)(?:@.*)?$/.exec(image)?.[1] ?? '';
  const digits = /^v?(\d{1,4})(?![\d])/.exec(tag)?.[1];
  return digits === undefined ? null : Number(digits);
}
