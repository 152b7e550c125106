import assert from 'node:assert/strict';
import { test } from 'node:test';
import { docker, ensureDocker, ensureImages, POSTGRESQL_IMAGE } from '../support/docker.ts';

test('postgresql: a first start that finds the disk full gives back all the room that it took, and says why', { timeout: 60_000 }, async () => {
  await ensureImages();
  const data = '/var/lib/postgresql/data';
  const said = await docker(await ensureDocker(), [
    'run', '--rm', '--network', 'none', '--tmpfs', `${data}:size=16m,uid=10015,mode=0700`, '--env', 'POSTGRES_PASSWORD=x', '--entrypoint', 'sh', POSTGRESQL_IMAGE,
    '-c', `/usr/local/bin/dbmaker-postgresql 2>&1; echo "exit $?"; ls -A ${data}`,
  ]);
  assert.match(said, /No space left on device/);
  assert.match(said, /exit 1\ndbmaker\.initialising\n$/); // the mark that it was ours: the next start begins anew
});
