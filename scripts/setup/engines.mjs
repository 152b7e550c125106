import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { aptInstall, canAptInstall } from './apt.mjs';
import { dockerAnswers } from './docker.mjs';
import { SetupError } from './errors.mjs';
import { findProgram } from './programs.mjs';

/** After a failure it is not tried again for this long: a start without a network must not wait for one each time. Milliseconds. */
const RETRY_AFTER_MS = 3_600_000;

/**
 * Where there is no Docker: makes sure of the programs that databases run from. PostgreSQL came with npm; redis-server comes from the
 * PATH or, as root on Debian, from apt. Not having it is no reason not to start: the Redis template then says so, with its remedy.
 * (With Docker there is nothing to do: images are built or pulled when they are first used, and `npm run images` does it ahead.)
 * @param {string} root directory of package.json
 * @param {string | undefined} runtime DBMAKER_RUNTIME
 */
export async function ensureEngines(root, runtime) {
  if (process.platform !== 'linux' || findProgram('redis-server') || runtime === 'docker') return;
  if (runtime !== 'process' && (await dockerAnswers())) return;
  const why = 'for the Redis template (there is no Docker here)';
  if (!canAptInstall()) {
    console.log(`redis-server is not installed: the Redis template will not be available. As root: apt-get install redis-server`);
    return;
  }
  const failed = path.join(root, '.cache', 'redis-server-failed');
  if (Date.now() - modified(failed) < RETRY_AFTER_MS) {
    console.log('redis-server could not be installed a while ago: the Redis template will not be available. As root: apt-get install redis-server');
    return;
  }
  try {
    await aptInstall(['redis-server'], { why, services: ['redis-server'] });
    rmSync(failed, { force: true });
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.log(`${error.message}\nThe Redis template will not be available until this is mended: ${error.remedy ?? 'install redis-server'}`);
    mkdirSync(path.dirname(failed), { recursive: true });
    writeFileSync(failed, error.message);
  }
}

function modified(file) {
  try {
    return statSync(file).mtimeMs;
  } catch {
    return 0; // it has not failed before
  }
}
