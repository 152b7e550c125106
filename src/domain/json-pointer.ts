/** RFC 6901: where something is in a JSON document. `/` inside a name is `~1`, `~` is `~0`. */
export function pointerOf(...names: readonly (string | number)[]): string {
  return names.map((name) => `/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** The names that a pointer consists of. */
export function namesOf(pointer: string): string[] {
  return pointer.split('/').slice(1).map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
}
