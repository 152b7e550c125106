import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { SetupError, lastLines } from '../setup/index.mjs';
import { docker, findImage } from './engine.mjs';

const ROOT = fileURLToPath(new URL('../../docker/', import.meta.url));

/** Our images and the directory under docker/ that each is built from. The docker runtime has the same table (src/runtimes/docker/own-images.ts). */
const IMAGES = { 'dbmaker/postgresql:15': 'postgresql', 'dbmaker/redis:7': 'redis' };

/** Builds each of our images that is missing or was made from other inputs. @throws SetupError with the end of the build's log */
export async function buildImages({ base, force }) {
  const baseImage = await findImage(base);
  if (!baseImage) throw new SetupError(`${base} is not there.`);
  for (const [tag, directory] of Object.entries(IMAGES)) {
    const context = path.join(ROOT, directory);
    const inputs = hashOf(context, baseImage.id);
    if (!force && (await findImage(tag))?.inputs === inputs) {
      console.log(`${tag} is up to date.`);
      continue;
    }
    const proxies = ['http_proxy', 'https_proxy', 'no_proxy'].filter((name) => process.env[name]).flatMap((name) => ['--build-arg', name]);
    const { code, output } = await docker([
      'build', '--force-rm', ...(force ? ['--no-cache'] : []), '--build-arg', `BASE=${base}`, ...proxies, '--label', `dbmaker.inputs=${inputs}`, '--tag', tag, context,
    ], { what: `Building ${tag} on ${base}`, timeoutMs: 1_200_000 });
    if (code !== 0) {
      throw new SetupError(`${tag} could not be built.\ndocker said:\n${lastLines(output)}`, { remedy: 'the build installs Debian packages: check the network of the Docker Engine' });
    }
  }
}

/** Of the files (names, modes, contents) and the base: the same inputs make the same image, but for newer Debian packages (--force). */
function hashOf(directory, baseId) {
  const hash = createHash('sha256').update(baseId);
  for (const name of readdirSync(directory).sort()) {
    const file = path.join(directory, name);
    hash.update(`\0${name}\0${statSync(file).mode & 0o111 ? 'x' : '-'}\0`).update(readFileSync(file));
  }
  return hash.digest('hex').slice(0, 32);
}
