import type Docker from 'dockerode';
import type { DockerContext } from './context.ts';
import { isDbmakerError } from '../../domain/errors.ts';
import { statusOf } from './errors.ts';
import { HOME_LABEL, INSTANCE_LABEL, containerName } from './names.ts';

export type Inspected = Docker.ContainerInspectInfo;

/** Whether a container carries both labels of this installation: nothing else is ever touched. */
export function isOurs(labels: Readonly<Record<string, string>> | null | undefined, homeId: string, id?: string): boolean {
  const instance = labels?.[INSTANCE_LABEL];
  return labels?.[HOME_LABEL] === homeId && instance !== undefined && (id === undefined || instance === id);
}

/** @returns null when there is no such container */
export async function inspectContainer(context: DockerContext, nameOrId: string): Promise<Inspected | null> {
  const { client } = context;
  try {
    return await client.call('look at the container', (abortSignal) => client.docker.getContainer(nameOrId).inspect({ abortSignal }));
  } catch (error) {
    if (statusOf(error) === 404) return null;
    throw error;
  }
}

/** Our container of an instance; null when there is none, or only one of somebody else under that name. */
export async function findContainer(context: DockerContext, id: string): Promise<Inspected | null> {
  const named = await inspectContainer(context, containerName(id));
  const found = named !== null && isOurs(named.Config.Labels, context.homeId, id) ? named : await findRenamed(context, id);
  if (found === null) context.lastSeen.delete(id);
  else context.lastSeen.set(id, found.Id);
  return found;
}

/** To miss it would mean a second container on the same data. */
async function findRenamed(context: DockerContext, id: string): Promise<Inspected | null> {
  const [listed] = await listOurs(context, id);
  return listed === undefined ? null : inspectContainer(context, listed.Id);
}

/** All containers of this installation (of one instance, when given), whatever their state. */
export async function listOurs(context: DockerContext, id?: string): Promise<Docker.ContainerInfo[]> {
  const { client, homeId } = context;
  const label = [`${HOME_LABEL}=${homeId}`, id === undefined ? INSTANCE_LABEL : `${INSTANCE_LABEL}=${id}`];
  return client.call('list the containers', (abortSignal) => client.docker.listContainers({ all: true, filters: { label }, abortSignal }));
}

/** Runs `work`, taking an answer of one of these HTTP statuses as success: what was asked for is so already. */
export async function tolerating(statuses: readonly number[], work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const status = isDbmakerError(error) ? statusOf(error) : null;
    if (status === null || !statuses.includes(status)) throw error;
  }
}
