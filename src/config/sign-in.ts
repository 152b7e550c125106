/** An issuer outside of DbMaker that people sign in with. */
export interface OidcConfig {
  /** Without a slash at its end. */
  readonly authority: string;
  /** Of the console, a public client (PKCE). */
  readonly clientId: string;
  /** Whole name of the scope that the console asks for. */
  readonly scope: string;
  /** An access token has to be made for one of these. */
  readonly audiences: readonly string[];
  /** Value of the claim `roles` that makes an admin; null: roles are given inside DbMaker. */
  readonly adminRole: string | null;
}

type Read = <T>(name: string, fallback: T, parse: (text: string) => T | undefined, expected: string) => T;

const ENTRA = /^login\.(microsoftonline\.com|microsoftonline\.us|partner\.microsoftonline\.cn)$/;
/** These let in the people of every organisation. */
const ANY_TENANT = /^\/(common|organizations|consumers)(\/|$)/i;

/** null: the embedded issuer. What is missing or does not fit goes to `wrong`. */
export function readOidc(read: Read, wrong: Record<string, string>): OidcConfig | null {
  const text = (name: string): string | null => read<string | null>(name, null, word, 'one word');
  const authority = read<string | null>('DBMAKER_OIDC_AUTHORITY', null, issuerUrl, 'an https URL such as https://login.microsoftonline.com/<tenant> (http only on this machine)');
  const clientId = text('DBMAKER_OIDC_CLIENT_ID');
  const scope = text('DBMAKER_OIDC_SCOPE');
  const audiences = read<readonly string[] | null>('DBMAKER_OIDC_AUDIENCE', null, words, 'one or some words with commas between');
  const adminRole = read<string | null>('DBMAKER_OIDC_ADMIN_ROLE', 'admin', (role) => (role === 'off' ? null : word(role)), 'one word, or off');
  if (authority === null) {
    for (const [name, value] of Object.entries({ DBMAKER_OIDC_CLIENT_ID: clientId, DBMAKER_OIDC_SCOPE: scope, DBMAKER_OIDC_AUDIENCE: audiences })) {
      if (value !== null && wrong['DBMAKER_OIDC_AUTHORITY'] === undefined) wrong[name] = 'is of use only together with DBMAKER_OIDC_AUTHORITY';
    }
    return null;
  }
  const { hostname, pathname } = new URL(authority);
  if (ANY_TENANT.test(pathname) && ENTRA.test(hostname)) wrong['DBMAKER_OIDC_AUTHORITY'] = 'must name your own tenant: this one lets in everybody with a Microsoft account';
  if (clientId === null) wrong['DBMAKER_OIDC_CLIENT_ID'] = 'is needed together with DBMAKER_OIDC_AUTHORITY';
  const asked = scope ?? (ENTRA.test(hostname) && clientId !== null ? `api://${clientId}/access` : null);
  if (asked === null) wrong['DBMAKER_OIDC_SCOPE'] = 'is needed: the scope of the API that the issuer knows';
  if (clientId === null || asked === null) return null;
  return { authority, clientId, scope: asked, audiences: audiences ?? [clientId, `api://${clientId}`], adminRole };
}

/** Origin of an http(s) URL that has nothing but that. */
export function originUrl(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined;
  return url.origin === text.replace(/\/$/, '').toLowerCase() && url.username === '' ? url.origin : undefined;
}

function issuerUrl(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || url.username !== '' || url.search !== '' || url.hash !== '' || /[?#]$/.test(text)) return undefined;
  const isHere = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  return url.protocol === 'https:' || (url.protocol === 'http:' && isHere) ? url.href.replace(/\/+$/, '') : undefined;
}

const word = (text: string): string | undefined => (/^[\x21-\x7e]{1,300}$/.test(text) ? text : undefined);

function words(text: string): readonly string[] | undefined {
  const all = text.split(',').map((one) => one.trim());
  return all.every((one) => word(one) !== undefined) ? all : undefined;
}
