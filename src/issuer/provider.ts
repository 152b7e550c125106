import { errors, Provider, type OidcContext, type TokenModel } from 'oidc-provider';
import { cookieName, type CookiePlace } from '../domain/cookie-name.ts';
import type { User } from '../domain/user/user.ts';
import { Adapter } from './adapter.ts';
import { InteractionAdapter, SessionAdapter, type Checks } from './checked-adapters.ts';
import type { SigningKey } from './keys.ts';
import { ACCESS_TOKEN_SECONDS, AUDIENCE, CLIENT_ID, MOUNT, REDIRECT_PATH, RESOURCE, SCOPE, SESSION_SECONDS, UNDER_WAY_SECONDS } from './names.ts';
import { errorPage, signedOutPage, signOutPage } from './pages/other.ts';

export interface ProviderSetup extends Checks {
  readonly issuer: string;
  /** Of the console: where browsers may be sent back to. */
  readonly origins: readonly string[];
  readonly cookies: CookiePlace;
  /** To sign with the first. */
  readonly keys: readonly SigningKey[];
  readonly cookieKey: string;
  /** Told of what is no fault of a request. */
  onServerError(error: unknown): void;
}

/** oidc-provider as the console needs it. Everything that it remembers is in the store, so it can be replaced by a new one at any time. */
export function createProvider(setup: ProviderSetup): Provider {
  const { cookies: place } = setup;
  const back = setup.origins.map((origin) => `${origin}${REDIRECT_PATH}`);
  const provider = new Provider(setup.issuer, {
    adapter: (model: string) => (model === 'Interaction' ? new InteractionAdapter(model, setup) : model === 'Session' ? new SessionAdapter(model, setup) : new Adapter(model, setup.adapter)),
    clients: [{
      client_id: CLIENT_ID,
      client_name: 'DbMaker',
      application_type: 'web',
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      redirect_uris: back,
      post_logout_redirect_uris: [...back, ...setup.origins.map((origin) => `${origin}/`)],
    }],
    jwks: { keys: setup.keys.map(({ jwk }) => jwk) },
    cookies: {
      // Those of a sign-in under way are for one address each, which __Host- does not allow.
      names: { session: cookieName('oidc', place, '__Host-'), interaction: cookieName('oidc_interaction', place, '__Secure-'), resume: cookieName('oidc_resume', place, '__Secure-') },
      keys: [setup.cookieKey],
      long: { httpOnly: true, sameSite: 'lax', path: place.isHttps ? '/' : MOUNT, signed: true },
      short: { httpOnly: true, sameSite: 'lax', signed: true },
    },
    scopes: ['openid', 'profile', 'email'],
    claims: { openid: ['sub'], profile: ['name', 'preferred_username'], email: ['email'], sid: null, auth_time: null, iss: null },
    conformIdTokenClaims: false, // the console shows who is signed in from the id token
    // Browsers name the origin in a POST to their own as well; pages of others get no answer.
    clientBasedCORS: (_ctx: unknown, origin: string) => setup.origins.includes(origin),
    responseTypes: ['code'],
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      userinfo: { enabled: false },
      revocation: { enabled: true },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx: OidcContext, form: string) => { page(ctx, signOutPage(form)); },
        postLogoutSuccessSource: (ctx: OidcContext) => { page(ctx, signedOutPage()); },
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => RESOURCE,
        useGrantedResource: () => true,
        getResourceServerInfo: (_ctx: OidcContext, resource: string) => {
          if (resource !== RESOURCE) throw new errors.InvalidTarget();
          return { scope: SCOPE, audience: AUDIENCE, accessTokenTTL: ACCESS_TOKEN_SECONDS, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } } };
        },
      },
    },
    interactions: { url: (_ctx: OidcContext, { uid }: { uid: string }) => `${MOUNT}/interaction/${uid}` },
    ttl: {
      AccessToken: ACCESS_TOKEN_SECONDS, AuthorizationCode: 60, IdToken: ACCESS_TOKEN_SECONDS, Interaction: UNDER_WAY_SECONDS, Grant: SESSION_SECONDS, RefreshToken: SESSION_SECONDS,
      // Also who is not signed in gets one when they ask for a sign-out, and anybody can ask.
      Session: (_ctx: OidcContext, { accountId }: { accountId?: string }) => (accountId === undefined ? UNDER_WAY_SECONDS : SESSION_SECONDS),
    },
    issueRefreshToken: (_ctx: OidcContext, client: { grantTypeAllowed(type: string): boolean }) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    expiresWithSession: () => true,
    findAccount: async (_ctx: OidcContext, id: string) => {
      const user = await setup.findUser(id);
      return user === null ? undefined : { accountId: id, claims: () => ({ sub: id, ...claimsOf(user) }) };
    },
    extraTokenClaims: async ({ oidc: { entities } }: OidcContext, token: TokenModel) => {
      const user = await setup.findUser(token.accountId);
      return user === null ? undefined : { ...claimsOf(user), roles: user.role === 'admin' ? ['admin'] : [], sid: token.sessionUid, auth_time: (entities.RefreshToken ?? entities.AuthorizationCode)?.authTime };
    },
    loadExistingGrant,
    renderError: (ctx: OidcContext, _out: unknown, error: Error & { status?: number; error_description?: string }) => {
      if ((error.status ?? 500) >= 500) setup.onServerError(error);
      page(ctx, errorPage());
    },
  });
  provider.proxy = true; // src/issuer/index.ts says by which address it was asked
  provider.use(async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      if (!(error instanceof errors.InvalidRequest)) throw error;
      return page(ctx, errorPage(), 400); // of the session, which is written after the provider has made its answer
    }
    if (ctx.status === 404 && ctx.body === undefined && ctx.accepts('json', 'html') === 'html') page(ctx, errorPage(), 404);
  });
  provider.on('server_error', (_ctx, error) => setup.onServerError(error));
  return provider;
}

function claimsOf({ username, displayName, email }: User): Record<string, unknown> {
  return { name: displayName, preferred_username: username, ...(email === null ? {} : { email }) };
}

/** The console is part of DbMaker: nobody is asked whether it may see their databases. */
async function loadExistingGrant({ oidc: { provider, client, session, result, account } }: OidcContext): Promise<unknown> {
  if (client === undefined || session?.accountId === undefined) return undefined;
  const id = result?.consent?.grantId ?? session.grantIdFor(client.clientId);
  const known = id === undefined ? undefined : await provider.Grant.find(id);
  if (known?.accountId === (account?.accountId ?? session.accountId)) return known;
  const grant = new provider.Grant({ accountId: session.accountId, clientId: client.clientId });
  grant.addOIDCScope('openid profile email');
  grant.addResourceScope(RESOURCE, SCOPE);
  await grant.save();
  return grant;
}

/** `status`: where it is not set yet. */
function page(ctx: OidcContext, html: string, status?: number): void {
  if (status !== undefined) ctx.status = status;
  ctx.type = 'html';
  ctx.body = html;
}
