import type Docker from 'dockerode';
import { DbmakerError } from '../../domain/errors.ts';
import { CHANGE_TIMEOUT_MS } from './client.ts';
import type { DockerContext } from './context.ts';
import { statusOf } from './errors.ts';
import { HOME_LABEL, networkName } from './names.ts';

/**
 * Makes sure of the bridge for TCP-only instances of this installation. They do not reach each other on it, and nothing outside of the host.
 * @throws conflict when a network of that name belongs to somebody else
 */
export async function ensureNetwork(context: DockerContext): Promise<void> {
  const { client, homeId } = context;
  const name = networkName(homeId);
  if (await exists(context, name)) return;
  try {
    await client.call('make the network', (abortSignal) => client.docker.createNetwork({
      Name: name,
      Driver: 'bridge',
      CheckDuplicate: true,
      Labels: { [HOME_LABEL]: homeId },
      Options: { 'com.docker.network.bridge.enable_icc': 'false', 'com.docker.network.bridge.enable_ip_masquerade': 'false' },
      abortSignal,
    }), { timeoutMs: CHANGE_TIMEOUT_MS });
  } catch (error) {
    if (statusOf(error) !== 409 || !(await exists(context, name))) throw error; // 409: somebody was faster
  }
}

async function exists({ client, homeId }: DockerContext, name: string): Promise<boolean> {
  try {
    const network = await client.call<Docker.NetworkInspectInfo>('look at the network', () => client.docker.getNetwork(name).inspect());
    if (network.Labels?.[HOME_LABEL] === homeId) return true;
  } catch (error) {
    if (statusOf(error) === 404) return false;
    throw error;
  }
  throw new DbmakerError('conflict', `A Docker network ${name} exists that is not ours.`, { remedy: `Remove or rename it: docker network rm ${name}` });
}
