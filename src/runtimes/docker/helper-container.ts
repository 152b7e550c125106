import { randomBytes } from 'node:crypto';
import { DbmakerError } from '../../domain/errors.ts';
import { CHANGE_TIMEOUT_MS } from './client.ts';
import type { DockerContext } from './context.ts';
import { HOME_LABEL } from './names.ts';
import { OFFLINE_BASE, OWN_IMAGE_NAMES } from './own-images.ts';
import { hasImage } from './pull.ts';

/**
 * Runs a program of `image` as root over one directory, mounted at /mnt, in a container that is gone afterwards: for an installation that may
 * use Docker but is not root itself. Without a network and with the capabilities that it takes to change files of others.
 */
export async function runAsRoot(context: DockerContext, image: string, directory: string, argv: readonly string[]): Promise<void> {
  const { client } = context;
  const [program = 'true', ...parameters] = argv;
  const name = `dbmaker-helper-${randomBytes(6).toString('hex')}`;
  const container = await client.call('change files as root', (abortSignal) => client.docker.createContainer({
    name,
    Image: image,
    User: '0:0',
    Entrypoint: [program],
    Cmd: parameters,
    Labels: { [HOME_LABEL]: context.homeId },
    HostConfig: {
      NetworkMode: 'none',
      CapDrop: ['ALL'],
      CapAdd: ['CHOWN', 'DAC_OVERRIDE', 'FOWNER'],
      SecurityOpt: ['no-new-privileges'],
      ReadonlyRootfs: true,
      Mounts: [{ Type: 'bind', Source: directory, Target: '/mnt' }],
    },
    abortSignal,
  }), { timeoutMs: CHANGE_TIMEOUT_MS });
  try {
    await client.call('change files as root', (abortSignal) => container.start({ abortSignal }), { timeoutMs: CHANGE_TIMEOUT_MS });
    const ended = await client.call('change files as root', (abortSignal) => container.wait({ abortSignal }) as Promise<{ StatusCode: number }>, { timeoutMs: 600_000 });
    if (ended.StatusCode !== 0) throw new DbmakerError('runtime_failed', `Files of the instance could not be changed (${program} ended with ${ended.StatusCode}).`);
  } finally {
    await client.call('remove the helper container', (abortSignal) => container.remove({ force: true, v: true, abortSignal }), { timeoutMs: CHANGE_TIMEOUT_MS });
  }
}

/** An image of ours that is on this host; null: none. */
export async function findOwnImage(context: DockerContext): Promise<string | null> {
  for (const image of [...OWN_IMAGE_NAMES, OFFLINE_BASE]) {
    if (await hasImage(context, image)) return image;
  }
  return null;
}
