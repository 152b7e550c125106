import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DbmakerError } from '../domain/errors.ts';
import { readConfig, redacted } from './config.ts';

test('an empty environment gives the documented defaults, frozen and on loopback', () => {
  const config = readConfig({});
  assert.equal(config.httpPort, 8080);
  assert.equal(config.httpHost, '127.0.0.1');
  assert.equal(config.bind, '127.0.0.1');
  assert.deepEqual(config.portRange, { from: 10000, to: 19999 });
  assert.ok(config.home.endsWith('/.dbmaker'));
  assert.ok(Object.isFrozen(config));
});

test('every wrong variable is named in one error', () => {
  assert.throws(
    () => readConfig({ DBMAKER_HTTP_PORT: '99999', DBMAKER_PORT_RANGE: '20-10', DBMAKER_RUNTIME: 'podman', DBMAKER_DATABASE_URL: 'mysql://x', DBMAKER_DOMAIN: 'a b', DBMAKER_ENCRYPTION_KEY: 'short' }),
    (error) => {
      assert.ok(error instanceof DbmakerError);
      assert.equal(error.code, 'invalid_configuration');
      assert.deepEqual(Object.keys(error.fields ?? {}).sort(), ['DBMAKER_DATABASE_URL', 'DBMAKER_DOMAIN', 'DBMAKER_ENCRYPTION_KEY', 'DBMAKER_HTTP_PORT', 'DBMAKER_PORT_RANGE', 'DBMAKER_RUNTIME']);
      return true;
    },
  );
});

test('the Docker Engine is the one that DOCKER_HOST names, and has to be on this machine where Docker is to be used', () => {
  assert.equal(readConfig({}).dockerSocket, '/var/run/docker.sock');
  assert.equal(readConfig({ DOCKER_HOST: 'unix:///run/user/1000/docker.sock' }).dockerSocket, '/run/user/1000/docker.sock');
  assert.throws(() => readConfig({ DOCKER_HOST: 'tcp://10.0.0.1:2375' }), /DOCKER_HOST must be a socket of this machine/);
  assert.doesNotThrow(() => readConfig({ DOCKER_HOST: 'tcp://10.0.0.1:2375', DBMAKER_RUNTIME: 'process' }));
});

test('a misspelt setting is refused instead of ignored', () => {
  assert.throws(() => readConfig({ DBMAKER_HTPP_PORT: '1' }), /DBMAKER_HTPP_PORT is not a setting/);
});

test('webhooks lead to public addresses only, and to the ranges that are named', () => {
  assert.deepEqual(readConfig({}).webhookAllow, []);
  assert.deepEqual(readConfig({ DBMAKER_WEBHOOK_ALLOW: '10.1.0.0/16, ::1' }).webhookAllow, ['10.1.0.0/16', '::1']);
  for (const wrong of ['hooks.internal', '10.0.0.0/33', '*']) assert.throws(() => readConfig({ DBMAKER_WEBHOOK_ALLOW: wrong }), /DBMAKER_WEBHOOK_ALLOW must be/, wrong);
});

test('secrets do not show in the redacted form', () => {
  const key = Buffer.alloc(32, 7).toString('base64');
  const shown = JSON.stringify(redacted(readConfig({ DBMAKER_ENCRYPTION_KEY: key, DBMAKER_DATABASE_URL: 'postgresql://u:hunter2@h/d' })));
  assert.ok(!shown.includes(key) && !shown.includes('hunter2'));
});
