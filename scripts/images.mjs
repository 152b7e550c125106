import { parseArgs } from 'node:util';
import { makeBase, pullBase } from './images/base.mjs';
import { buildImages } from './images/build.mjs';
import { requireEngine } from './images/engine.mjs';
import { alone } from './images/lock.mjs';
import { SetupError, printError } from './setup/index.mjs';

const HELP = `npm run images [-- options]

Builds DbMaker's own images, dbmaker/postgresql:15 and dbmaker/redis:7, in the Docker Engine
of DOCKER_HOST (default: this machine's). What is up to date is left alone.

  --offline  make the base from Debian's packages (mmdebstrap) instead of pulling debian:bookworm-slim:
             needs no registry, only a Debian mirror
  --force    build everything anew, with the newest Debian packages
  --help     this text`;

async function main() {
  const options = parse();
  if (options.help) {
    console.log(HELP);
    return;
  }
  await requireEngine();
  await alone(async () => {
    const base = options.offline ? await makeBase(options) : await pullBase();
    await buildImages({ base, force: options.force });
  });
}

function parse() {
  const flag = { type: 'boolean', default: false };
  try {
    return parseArgs({ options: { offline: flag, force: flag, help: flag } }).values;
  } catch (error) {
    throw new SetupError(error.message, { remedy: 'see npm run images -- --help' });
  }
}

try {
  await main();
} catch (error) {
  printError(error);
  process.exitCode = 1;
}
