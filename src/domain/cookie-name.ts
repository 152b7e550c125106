/** Where a cookie of ours is set. */
export interface CookiePlace {
  /** Browsers come by https. */
  readonly isHttps: boolean;
  /** Short text that tells this installation from others of the same host; null: none is needed. */
  readonly installation: string | null;
}

/**
 * How a cookie is called. Browsers know no ports when they send cookies: two installations on one host would sign each other out. Under https the
 * prefix says that nobody else has set it: no page without https (`__Secure-`), and no other host of the domain either (`__Host-`, for the path `/` only).
 * The gateway keeps from databases what is called so (src/gateway/protocols/http/headers.ts).
 */
export function cookieName(name: 'session' | 'oidc' | 'oidc_interaction' | 'oidc_resume', { isHttps, installation }: CookiePlace, prefix: '__Host-' | '__Secure-'): string {
  return `${isHttps ? prefix : ''}dbmaker_${name}${installation === null ? '' : `_${installation}`}`;
}
