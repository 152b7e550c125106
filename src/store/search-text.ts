/**
 * What people are found by, in one column: the databases fold the case of letters in different ways, SQLite only those of English.
 * A search is for a part of it, folded the same way.
 */
export function searchText({ username, displayName, email }: { username: string; displayName: string; email: string | null }): string {
  return folded([username, displayName, email ?? ''].join('\n'));
}

/** The pattern for LIKE ... ESCAPE '\\' that finds `part` in it. */
export function searchPattern(part: string): string {
  return `%${folded(part).replace(/[\\%_]/g, '\\$&')}%`;
}

const folded = (text: string): string => text.normalize('NFC').toLowerCase();
