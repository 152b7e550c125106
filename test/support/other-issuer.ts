import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { Provider } from 'oidc-provider';
import type { OidcContext, TokenModel } from 'oidc-provider';
import { program } from '../clients/program.ts';
import { temporaryDirectory } from './tmp.ts';

const CLIENT = 'console-of-dbmaker';
const AUDIENCE = 'api://dbmaker';
const SCOPE = 'databases';

/** An issuer that is not DbMaker's, over https, as an organisation would have it. It lets in everybody by any name and any password. */
export interface OtherIssuer extends AsyncDisposable {
  readonly authority: string;
  /** For a server that is to take its tokens. */
  readonly env: Readonly<Record<string, string>>;
  /** The console that it sends people back to; before it is first asked. */
  setConsole(origin: string): void;
  /** Whether it gives out refresh tokens from now on. At first it does. */
  setRefreshing(refreshing: boolean): void;
}

export async function startOtherIssuer(): Promise<OtherIssuer> {
  await using failed = new AsyncDisposableStack();
  const directory = failed.use(await temporaryDirectory('issuer'));
  const [key, certificate] = [path.join(directory.path, 'key.pem'), path.join(directory.path, 'certificate.pem')];
  const pem = await program('/usr/bin/openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key, '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']);
  await writeFile(certificate, pem);
  let provider: Provider | undefined;
  let refreshing = true;
  const server = createServer({ key: await readFile(key), cert: pem }, (request, response) => void provider?.callback()(request, response));
  server.listen(0, '127.0.0.1');
  failed.defer(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => void server.close(resolve));
  });
  await once(server, 'listening');
  const authority = `https://localhost:${(server.address() as AddressInfo).port}`;
  const started = failed.move();
  return {
    authority,
    env: { DBMAKER_OIDC_AUTHORITY: authority, DBMAKER_OIDC_CLIENT_ID: CLIENT, DBMAKER_OIDC_SCOPE: SCOPE, DBMAKER_OIDC_AUDIENCE: AUDIENCE, NODE_EXTRA_CA_CERTS: certificate },
    setConsole: (origin) => { provider = newProvider(authority, origin, () => refreshing); },
    setRefreshing: (now) => { refreshing = now; },
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}

function newProvider(authority: string, origin: string, issueRefreshToken: () => boolean): Provider {
  const back = `${origin}/auth/redirect`;
  const claimsOf = (id: string): Record<string, unknown> => ({ name: `${id} of elsewhere`, preferred_username: id, email: `${id}@example.com` });
  return new Provider(authority, {
    clients: [{
      client_id: CLIENT, application_type: 'web', token_endpoint_auth_method: 'none', grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'],
      redirect_uris: [back], post_logout_redirect_uris: [back],
    }],
    clientBasedCORS: (_ctx: unknown, from: string) => from === origin,
    scopes: ['openid', 'profile', 'email'],
    claims: { openid: ['sub'], profile: ['name', 'preferred_username'], email: ['email'] },
    conformIdTokenClaims: false,
    issueRefreshToken,
    features: {
      resourceIndicators: {
        enabled: true, defaultResource: () => AUDIENCE, useGrantedResource: () => true,
        getResourceServerInfo: () => ({ scope: SCOPE, audience: AUDIENCE, accessTokenTTL: 3600, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } } }),
      },
    },
    findAccount: (_ctx: OidcContext, id: string) => ({ accountId: id, claims: () => ({ sub: id, ...claimsOf(id) }) }),
    extraTokenClaims: (_ctx: OidcContext, { accountId }: TokenModel) => ({ ...claimsOf(accountId), roles: accountId === 'boss' ? ['admin'] : [] }),
  });
}
