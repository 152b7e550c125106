import { Type, type Static } from 'typebox';
import type { ApiContext, App } from '../app-type.ts';
import { nullable, oneOf, problemResponse, ref } from '../schemas/common.ts';
import { isEntra } from '../sign-in/discovery.ts';

/** The console's page to which the issuer sends browsers back. */
const REDIRECT_PATH = '/auth/redirect';

export const SignInSettings = Type.Object({
  issuer: oneOf(['embedded', 'external'] as const),
  authority: Type.String({ description: 'For MSAL. At the embedded issuer without https only a name: the addresses are in authorityMetadata.' }),
  clientId: Type.String(),
  scopes: Type.Array(Type.String(), { description: 'Of the access token for the API.' }),
  defaultScopes: Type.Array(Type.String(), { description: 'MSAL: system/auth OIDCOptions.defaultScopes.' }),
  knownAuthorities: Type.Array(Type.String()),
  authorityMetadata: nullable(Type.String({ description: 'JSON; null: MSAL asks the authority itself.' })),
  protocolMode: oneOf(['OIDC', 'AAD'] as const),
  redirectPath: Type.String(),
}, { $id: 'SignIn' });

/** What a page has to know to send somebody to the issuer. */
export function registerSignInRoute(app: App, { signIn, signInCheck }: ApiContext): void {
  app.get('/api/sign-in', {
    config: { access: 'public' },
    schema: { tags: ['sign-in'], summary: 'Where and how people sign in', response: { 200: ref(SignInSettings), ...problemResponse } },
  }, async ({ protocol, host }): Promise<Static<typeof SignInSettings>> => {
    if (signIn.kind === 'embedded') {
      const { issuer } = signIn;
      const metadata = issuer.metadata(`${protocol}://${host}`);
      // MSAL takes only https addresses for an authority, also where it asks nothing of it.
      const authority = metadata.authorization_endpoint.replace(/^http:/, 'https:').replace(/\/auth$/, '');
      return {
        issuer: 'embedded', authority, clientId: issuer.clientId, scopes: [issuer.scope], defaultScopes: ['openid', 'profile'], knownAuthorities: [new URL(authority).host],
        authorityMetadata: JSON.stringify(metadata), protocolMode: 'OIDC', redirectPath: REDIRECT_PATH,
      };
    }
    const { authority, clientId, scope } = signIn.oidc;
    const document = authority.startsWith('http:') ? await signInCheck.discovery?.document() : undefined;
    return {
      issuer: 'external', authority: authority.replace(/^http:/, 'https:'), clientId, scopes: [scope], defaultScopes: ['openid', 'profile', ...(isEntra(authority) ? ['offline_access'] : [])],
      knownAuthorities: [new URL(authority).host], authorityMetadata: document === undefined ? null : JSON.stringify(document), protocolMode: isEntra(authority) ? 'AAD' : 'OIDC', redirectPath: REDIRECT_PATH,
    };
  });
}
