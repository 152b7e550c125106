/** Where the issuer is mounted. */
export const MOUNT = '/oidc';
export const CLIENT_ID = 'dbmaker-console';
/** Name of the API at the issuer, audience of its access tokens, and the scope that stands for all of it. */
export const RESOURCE = 'urn:dbmaker:api';
export const AUDIENCE = 'dbmaker-api';
export const SCOPE = 'dbmaker';
/** The console's page to which sign-in and sign-out come back. */
export const REDIRECT_PATH = '/auth/redirect';
/** Seconds. */
export const ACCESS_TOKEN_SECONDS = 600;
export const SESSION_SECONDS = 14 * 86_400;
/** What is kept of a sign-in, or sign-out, that is under way. */
export const UNDER_WAY_SECONDS = 3600;
