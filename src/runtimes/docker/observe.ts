import type Docker from 'dockerode';
import type { Endpoint } from '../../domain/endpoint.ts';
import type { Observation } from '../../domain/ports/runtime.ts';
import type { DockerContext } from './context.ts';
import { hasData, listDirectories } from './directories.ts';
import { type Inspected, findContainer, inspectContainer, listOurs } from './find.ts';
import { FINGERPRINT_LABEL, INSTANCE_LABEL, PORT_LABEL, SOCKET_LABEL, instanceDirectories } from './names.ts';

/** Inspections under way at the same time: the engine takes a lock per container, and others want to get in between. */
const PARALLEL = 8;

export async function observe(context: DockerContext, id: string): Promise<Observation> {
  const container = await findContainer(context, id);
  const dataPresent = await hasData(context, id);
  return container === null ? absent(id, dataPresent) : fromInspection(context, id, container, dataPresent);
}

/**
 * One list call, and an inspection only where the list does not tell enough: those that do not run (exit code, out of memory).
 * `startedAt` of running ones is null, which observe() knows.
 */
export async function observeAll(context: DockerContext): Promise<Observation[]> {
  const [containers, directories] = await Promise.all([listOurs(context), listDirectories(context)]);
  const observations = new Map<string, Observation>();
  const queue = [...containers];
  const worker = async (): Promise<void> => {
    for (let one = queue.shift(); one !== undefined; one = queue.shift()) {
      const id = one.Labels[INSTANCE_LABEL] ?? '';
      const dataPresent = directories.get(id) ?? false;
      const listed = one.State === 'running' || one.State === 'paused' ? fromListing(context, id, one, dataPresent) : null;
      if (listed !== null) {
        observations.set(id, listed);
        continue;
      }
      const inspected = await inspectContainer(context, one.Id);
      if (inspected !== null) observations.set(id, fromInspection(context, id, inspected, dataPresent));
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  for (const [id, dataPresent] of directories) {
    if (!observations.has(id)) observations.set(id, absent(id, dataPresent));
  }
  return [...observations.values()];
}

function absent(id: string, dataPresent: boolean): Observation {
  return { id, state: 'absent', exitCode: null, outOfMemory: false, startedAt: null, finishedAt: null, endpoint: null, fingerprint: null, dataPresent };
}

function fromInspection(context: DockerContext, id: string, container: Inspected, dataPresent: boolean): Observation {
  const { State } = container;
  const state = stateOf(State.Status);
  const alive = state === 'running' || state === 'paused';
  // null for a port that is exposed by the image but not published; the types do not know.
  const ports = Object.entries(container.NetworkSettings.Ports as Record<string, { HostIp: string; HostPort: string }[] | null>);
  const published = ports.map(([port, hosts]) => [Number.parseInt(port, 10), placeOf(hosts?.[0]?.HostIp, Number(hosts?.[0]?.HostPort))] as const);
  return {
    id,
    state,
    exitCode: state === 'exited' ? State.ExitCode : null,
    outOfMemory: state === 'exited' && State.OOMKilled,
    startedAt: timeOf(State.StartedAt),
    finishedAt: alive ? null : timeOf(State.FinishedAt),
    endpoint: alive ? endpointOf(context, id, container.Config.Labels, new Map(published)) : null,
    fingerprint: container.Config.Labels[FINGERPRINT_LABEL] ?? null,
    dataPresent,
  };
}

/** null: the list does not have the published port (yet). */
function fromListing(context: DockerContext, id: string, container: Docker.ContainerInfo, dataPresent: boolean): Observation | null {
  const published = container.Ports.map(({ IP, PrivatePort, PublicPort }) => [PrivatePort, placeOf(IP, PublicPort)] as const);
  const endpoint = endpointOf(context, id, container.Labels, new Map(published));
  if (endpoint === null) return null;
  return {
    id,
    state: stateOf(container.State),
    exitCode: null,
    outOfMemory: false,
    startedAt: null,
    finishedAt: null,
    endpoint,
    fingerprint: container.Labels[FINGERPRINT_LABEL] ?? null,
    dataPresent,
  };
}

function endpointOf(context: DockerContext, id: string, labels: Readonly<Record<string, string>>, published: ReadonlyMap<number, Endpoint | null>): Endpoint | null {
  const socket = labels[SOCKET_LABEL];
  if (socket !== undefined) return { kind: 'unix', directory: instanceDirectories(context.home, id).run, name: socket };
  return published.get(Number(labels[PORT_LABEL])) ?? null;
}

function placeOf(host: string | undefined, port: number | undefined): Endpoint | null {
  return host === undefined || !port ? null : { kind: 'tcp', host, port };
}

/** `restarting` cannot happen (restart policy `no`); `removing` and `dead` do not run, and create() replaces them. */
function stateOf(status: string): Observation['state'] {
  return status === 'created' || status === 'running' || status === 'paused' ? status : 'exited';
}

/** Docker says the year 1 for never. */
function timeOf(text: string): number | null {
  const time = Date.parse(text);
  return Number.isNaN(time) || time <= 0 ? null : time;
}
