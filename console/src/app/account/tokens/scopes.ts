export type Scope = 'read' | 'write' | 'admin';

/** What the widest of a token's scopes lets it do. */
const WORDS: Readonly<Record<Scope, string>> = {
  read: $localize`Read only, no passwords`,
  write: $localize`Read and change`,
  admin: $localize`Everything an admin may`,
};

/** Those that somebody can give, the narrowest first. */
export function scopesFor(role: 'user' | 'admin'): { scope: Scope; text: string }[] {
  return (['read', 'write', 'admin'] as const).filter((scope) => scope !== 'admin' || role === 'admin').map((scope) => ({ scope, text: WORDS[scope] }));
}

export function scopeText(scopes: readonly string[]): string {
  const widest = (['admin', 'write', 'read'] as const).find((scope) => scopes.includes(scope));
  return widest === undefined ? scopes.join(', ') : WORDS[widest];
}
