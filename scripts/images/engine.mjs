import { SetupError, findProgram, lastLines, run } from '../setup/index.mjs';

/** The classic builder works everywhere that a Docker Engine does; BuildKit needs a plugin that many installations lack. */
const ENVIRONMENT = { ...process.env, DOCKER_BUILDKIT: '0', DOCKER_CLI_HINTS: 'false' };

/**
 * Runs `docker ...` against the engine of DOCKER_HOST (default: the machine's). `what`: text for the progress line.
 * @returns {Promise<{code: number, output: string}>}
 */
export function docker(args, { what, timeoutMs = 60_000 } = {}) {
  const program = findProgram('docker');
  if (!program) throw new SetupError('The docker command was not found.', { remedy: 'as root on Debian: apt-get install docker.io' });
  return run(program, args, { what, timeoutMs, env: ENVIRONMENT });
}

/** @throws SetupError when no Docker Engine answers */
export async function requireEngine() {
  const { code, output } = await docker(['version', '--format', '{{.Server.Version}}'], { timeoutMs: 15_000 });
  if (code !== 0) {
    throw new SetupError(`No Docker Engine answers at ${process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock'}.\ndocker said:\n${lastLines(output, 3)}`, {
      remedy: 'start it (as root: dockerd, or systemctl start docker), or set DOCKER_HOST',
    });
  }
}

/** Id and `dbmaker.inputs` label of an image; null when it is not there. */
export async function findImage(name) {
  const { code, output } = await docker(['image', 'inspect', '--format', '{{.Id}} {{index .Config.Labels "dbmaker.inputs"}}', name]);
  if (code !== 0) return null;
  const [id, inputs = ''] = output.trim().split(' ');
  return { id, inputs };
}
