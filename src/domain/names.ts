/** Rules for names that people choose, and what is made of them. Texts say what is allowed, for the person who typed it. */

const RESERVED_USERNAMES: ReadonlySet<string> = new Set([
  // database roles and databases that engines make or treat specially
  'postgres', 'public', 'none', 'default', 'template0', 'template1', 'redis', 'current-user', 'current-role', 'session-user', 'user', 'replication', 'all',
  // operating system
  'root', 'daemon', 'nobody', 'localhost', 'localdomain',
  // hosts and paths of ours
  'api', 'auth', 'console', 'dbmaker', 'docs', 'events', 'gateway', 'health', 'login', 'metrics', 'openapi', 'static', 'status', 'www', 'mail', 'smtp', 'ftp', 'ns',
]);

const RESERVED_TYPES: ReadonlySet<string> = new Set(['admin', 'api', 'auth', 'console', 'dbmaker', 'docs', 'localhost', 'www']);

/** `length` includes both ends. */
function isLabel(text: string, length: number): boolean {
  return text.length <= length && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(text);
}

/** Text of what is wrong with an instance's name, or null. */
export function instanceNameProblem(name: string): string | null {
  return isLabel(name, 40) ? null : 'must be 1 to 40 characters: lower-case letters a-z, digits and hyphens, no hyphen at either end';
}

/**
 * Text of what is wrong with a username, or null. It becomes the first part of hostnames and the login of databases, so it has to start
 * with a letter and must not be a role that an engine knows.
 */
export function usernameProblem(username: string): string | null {
  if (!isLabel(username, 32) || !/^[a-z]/.test(username) || username.includes('--')) {
    return 'must be 1 to 32 characters: lower-case letters a-z, digits and single hyphens, starting with a letter, not ending with a hyphen';
  }
  return RESERVED_USERNAMES.has(username) || /^(pg|xn)-/.test(username) ? 'is reserved' : null;
}

/** Text of what is wrong with a template's type, or null. It becomes the middle part of hostnames. */
export function typeProblem(type: string): string | null {
  if (!isLabel(type, 20) || !/^[a-z]/.test(type)) {
    return 'must be 1 to 20 characters: lower-case letters a-z, digits and hyphens, starting with a letter, not ending with a hyphen';
  }
  return RESERVED_TYPES.has(type) ? 'is reserved' : null;
}

/** `{username}-{type}-{part}`: with valid parts and 4 characters at the end at most 58 characters, a DNS label. */
export function buildSlug(username: string, type: string, part: string): string {
  return `${username}-${type}-${part}`;
}

/** Printable text on one line, for display names and the like. Text of what is wrong, or null. */
export function displayTextProblem(text: string, maxLength: number): string | null {
  if (text.trim() === '' || text.length > maxLength) return `must be 1 to ${String(maxLength)} characters`;
  if (/[\p{Cc}\p{Cs}\u2028\u2029\u202A-\u202E\u2066-\u2069]/u.test(text)) return 'must not hold control characters';
  // Zero-width characters, marks and spaces alone show nothing: somebody of no name.
  return /[^\p{C}\p{Z}\p{M}\u115F\u1160\u3164\uFFA0]/u.test(text) ? null : 'must hold something that can be seen';
}

/** Only what a mail system could take, not a full check of the grammar. Text of what is wrong, or null. */
export function emailProblem(email: string): string | null {
  return email.length <= 254 && /^[^\s@<>"]{1,64}@[a-z0-9-]+(\.[a-z0-9-]+)*$/i.test(email) && displayTextProblem(email, 254) === null ? null : 'must be an email address';
}
