import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDbmakerError } from '../domain/errors.ts';
import { readConfig } from './config.ts';

const ENTRA = { DBMAKER_OIDC_AUTHORITY: 'https://login.microsoftonline.com/11111111-2222', DBMAKER_OIDC_CLIENT_ID: 'c1' };

test('without an authority people sign in with local accounts', () => {
  assert.deepEqual([readConfig({}).oidc, readConfig({}).publicUrl], [null, null]);
});

test('for Entra ID a tenant and a client id are enough', () => {
  assert.deepEqual(readConfig(ENTRA).oidc, { authority: ENTRA.DBMAKER_OIDC_AUTHORITY, clientId: 'c1', scope: 'api://c1/access', audiences: ['c1', 'api://c1'], adminRole: 'admin' });
  assert.equal(readConfig({ ...ENTRA, DBMAKER_OIDC_ADMIN_ROLE: 'off' }).oidc?.adminRole, null);
  assert.deepEqual(readConfig({ ...ENTRA, DBMAKER_OIDC_AUDIENCE: 'a, b' }).oidc?.audiences, ['a', 'b']);
});

test('settings of sign-in that do not fit together are refused by name', () => {
  const wrong = (environment: Record<string, string>): string[] => {
    try {
      readConfig(environment);
    } catch (error) {
      if (isDbmakerError(error, 'invalid_configuration')) return Object.keys(error.fields ?? {});
      throw error;
    }
    return [];
  };
  assert.deepEqual(wrong({ DBMAKER_OIDC_CLIENT_ID: 'c', DBMAKER_OIDC_SCOPE: 's' }), ['DBMAKER_OIDC_CLIENT_ID', 'DBMAKER_OIDC_SCOPE']);
  assert.deepEqual(wrong({ DBMAKER_OIDC_AUTHORITY: 'https://issuer.example' }), ['DBMAKER_OIDC_CLIENT_ID', 'DBMAKER_OIDC_SCOPE']);
  assert.deepEqual(wrong({ DBMAKER_OIDC_AUTHORITY: 'https://issuer.example', DBMAKER_OIDC_CLIENT_ID: 'c' }), ['DBMAKER_OIDC_SCOPE']);
  for (const authority of ['http://issuer.example', 'https://u:p@issuer.example', 'https://issuer.example/?x=1', 'ftp://localhost', 'x', 'https://login.microsoftonline.com/common', 'https://login.microsoftonline.com/organizations/v2.0']) {
    assert.deepEqual(wrong({ ...ENTRA, DBMAKER_OIDC_AUTHORITY: authority }), ['DBMAKER_OIDC_AUTHORITY'], authority);
  }
  assert.deepEqual(wrong({ ...ENTRA, DBMAKER_OIDC_SCOPE: 's', DBMAKER_OIDC_AUTHORITY: 'http://127.0.0.1:8081/oidc' }), []);
  for (const url of ['dbmaker.example.com', 'https://dbmaker.example.com/console', 'ftp://x', 'https://u@x']) assert.deepEqual(wrong({ DBMAKER_PUBLIC_URL: url }), ['DBMAKER_PUBLIC_URL'], url);
  assert.equal(readConfig({ DBMAKER_PUBLIC_URL: 'https://DbMaker.example.com:8443/' }).publicUrl, 'https://dbmaker.example.com:8443');
});
