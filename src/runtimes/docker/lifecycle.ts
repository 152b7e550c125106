import type Docker from 'dockerode';
import { DbmakerError, isDbmakerError } from '../../domain/errors.ts';
import type { Runtime, Workload } from '../../domain/ports/runtime.ts';
import { CHANGE_TIMEOUT_MS } from './client.ts';
import { containerOptions } from './container-options.ts';
import type { DockerContext } from './context.ts';
import { makeDirectories, removeDirectories } from './directories.ts';
import { statusOf } from './errors.ts';
import { type Inspected, findContainer, inspectContainer, isOurs, tolerating } from './find.ts';
import { parseImageUser } from './image-user.ts';
import { FINGERPRINT_LABEL, containerName } from './names.ts';
import { ensureNetwork } from './network.ts';
import { ownImageDirectory } from './own-images.ts';
import { pause } from '../../domain/pause.ts';

/** Before a container of another fingerprint is replaced. */
const REPLACE_GRACE_MS = 30_000;
/** The engine may need longer than the grace to report the end. */
const STOP_MARGIN_MS = 30_000;
/**
 * An engine that ended in the middle of a start may keep remains of it (the task, its directory, its network endpoint) that let no later
 * start of this container through. Another container has another id, and none of that in its way.
 */
const LOST_BOOKS = /already exists|file exists|libnetwork\.endpoint/;
/** What somebody else began is waited for: 10 s in all. */
const LOOKS = 100;
const LOOK_AGAIN_MS = 100;

type Lifecycle = Pick<Runtime, 'create' | 'start' | 'stop' | 'pause' | 'resume' | 'discard' | 'remove'>;

export function createLifecycle(context: DockerContext): Lifecycle {
  const change = (doing: string, id: string, work: (container: Docker.Container, abortSignal: AbortSignal) => Promise<unknown>, timeoutMs = CHANGE_TIMEOUT_MS) =>
    context.client.call(doing, (signal) => work(context.client.docker.getContainer(id), signal), { timeoutMs });

  const stopContainer = async (container: Inspected, graceMs: number): Promise<void> => {
    if (container.State.Paused) await tolerating([404, 409, 500], () => change('end the pause', container.Id, (one, abortSignal) => one.unpause({ abortSignal })));
    if (!container.State.Running) return;
    const seconds = Math.max(1, Math.ceil(graceMs / 1000)); // 0 would kill at once
    await tolerating([304, 404], () => change('stop the container', container.Id, (one, abortSignal) => one.stop({ t: seconds, abortSignal }), seconds * 1000 + STOP_MARGIN_MS));
  };

  const discardContainer = async (container: Inspected): Promise<void> => {
    // 409: its removal is under way already. Anonymous volumes of foreign images go with it.
    await tolerating([404, 409], () => change('remove the container', container.Id, (one, abortSignal) => one.remove({ force: true, v: true, abortSignal })));
    await seenGone(context, container.Id);
  };

  const existing = async (id: string, doing: string): Promise<Inspected> => {
    const container = await findContainer(context, id);
    if (container === null) throw new DbmakerError('not_running', `There is no container to ${doing}.`);
    return container;
  };

  /** Whether that did it. An id is never used again and labels never change, so what was ours still is, if it is there. */
  const startLastSeen = async (id: string): Promise<boolean> => {
    const last = context.lastSeen.get(id);
    if (last === undefined) return false;
    try {
      await tolerating([304], () => change('start the container', last, (one, abortSignal) => one.start({ abortSignal })));
      return true;
    } catch (error) {
      if (![404, 409, 500].includes(statusOf(error) ?? 0)) throw error; // it is gone, or paused, or cannot be started: looked at closer
      return false;
    }
  };

  const startOrDiscard = async (container: Inspected): Promise<void> => {
    try {
      await tolerating([304], () => change('start the container', container.Id, (one, abortSignal) => one.start({ abortSignal })));
    } catch (error) {
      if (!isDbmakerError(error) || !LOST_BOOKS.test(error.userText)) throw error;
      context.log.warn({ err: error, container: container.Id }, 'Docker cannot start this container any more; it is made anew, the data stay');
      await discardContainer(container);
      throw error; // the next try finds no container and makes one
    }
  };

  return {
    create: async (workload) => {
      const [image, found] = await Promise.all([inspectImage(context, workload.image), findContainer(context, workload.id)]);
      if (found !== null && found.Config.Labels[FINGERPRINT_LABEL] === workload.fingerprint && !isLeaving(found)) {
        await makeDirectories(context, workload.id, workload.image, parseImageUser(image.Config.User));
        return;
      }
      if (found !== null) {
        await stopContainer(found, REPLACE_GRACE_MS);
        await discardContainer(found);
      }
      await createContainer(context, workload, parseImageUser(image.Config.User));
    },
    start: async (workload) => {
      if (await startLastSeen(workload.id)) return;
      const container = await existing(workload.id, 'start');
      if (container.State.Paused) {
        await change('end the pause', container.Id, (one, abortSignal) => one.unpause({ abortSignal }));
      } else if (!container.State.Running) {
        await startOrDiscard(container);
      }
    },
    stop: async (id, { graceMs }) => {
      const container = await findContainer(context, id);
      if (container !== null) await stopContainer(container, graceMs);
    },
    pause: async (id) => {
      const container = await existing(id, 'pause');
      if (container.State.Paused) return;
      if (!container.State.Running) throw new DbmakerError('not_running', 'The instance does not run.');
      await change('pause the container', container.Id, (one, abortSignal) => one.pause({ abortSignal }));
    },
    resume: async (id) => {
      const container = await existing(id, 'resume');
      if (container.State.Paused) await change('end the pause', container.Id, (one, abortSignal) => one.unpause({ abortSignal }));
      else if (!container.State.Running) throw new DbmakerError('not_running', 'The instance does not run.');
    },
    discard: async (id) => {
      const container = await findContainer(context, id);
      if (container !== null) await discardContainer(container);
    },
    remove: async (id) => {
      const container = await findContainer(context, id);
      if (container !== null) await discardContainer(container);
      await removeDirectories(context, id, container?.Image ?? null);
      context.lastSeen.delete(id);
    },
  };
}

/** @throws image_missing */
async function inspectImage({ client }: DockerContext, image: string): Promise<Docker.ImageInspectInfo> {
  try {
    return await client.call('look at the image', () => client.docker.getImage(image).inspect());
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
    throw new DbmakerError('image_missing', `The image ${image} is not on this host.`, { cause: error });
  }
}

async function createContainer(context: DockerContext, workload: Workload, user: ReturnType<typeof parseImageUser>): Promise<void> {
  const { client } = context;
  const directories = await makeDirectories(context, workload.id, workload.image, user);
  if (workload.endpoint.kind === 'tcp') await ensureNetwork(context);
  const options = containerOptions({
    workload, homeId: context.homeId, directories, user, own: ownImageDirectory(workload.image) !== null, init: workload.engine === 'generic' && await hasInit(context),
  });
  try {
    const { id } = await client.call('make the container', (abortSignal) => {
      // As body and query apart: dockerode would put everything, the environment with its secrets included, into the URL.
      const request = { _query: { name: containerName(workload.id) }, _body: options, abortSignal };
      return client.docker.createContainer(request);
    }, { timeoutMs: CHANGE_TIMEOUT_MS });
    context.lastSeen.set(workload.id, id);
  } catch (error) {
    if (statusOf(error) !== 409) throw error;
    await adopt(context, workload, error);
  }
}

/**
 * The name is taken: by ourselves, a moment ago in a call that was cut off, or by somebody else. The engine takes the name first and shows
 * the container later, so a look may find nothing yet.
 */
async function adopt(context: DockerContext, workload: Workload, cause: unknown): Promise<void> {
  const name = containerName(workload.id);
  for (let tries = 0; tries < LOOKS; tries += 1) {
    const found = await inspectContainer(context, name);
    if (found !== null && !isOurs(found.Config.Labels, context.homeId, workload.id)) {
      throw new DbmakerError('conflict', `A container ${name} exists that is not ours; it was left alone.`, {
        cause, remedy: `Rename or remove it: docker rename ${name} NAME`,
      });
    }
    if (found?.Config.Labels[FINGERPRINT_LABEL] === workload.fingerprint) return;
    await pause(context.clock, LOOK_AGAIN_MS);
  }
  throw new DbmakerError('runtime_failed', 'Somebody else is making or removing the container at the same time.', { cause });
}

/** Debian splits docker-init from the engine, so it may be missing. */
async function hasInit({ client }: DockerContext): Promise<boolean> {
  const version = await client.call('ask for the version', () => client.docker.version()) as { Components?: { Name: string; Version?: string }[] };
  return version.Components?.some(({ Name, Version }) => Name === 'docker-init' && Version !== undefined && Version !== '') ?? false;
}

const isLeaving = ({ State }: Inspected): boolean => State.Dead || State.Status === 'removing';

/** A removal that was begun by somebody else may take a while; ours is over when it answers. */
export async function seenGone(context: DockerContext, id: string): Promise<void> {
  for (let tries = 0; tries < LOOKS; tries += 1) {
    if (await inspectContainer(context, id) === null) return;
    await pause(context.clock, LOOK_AGAIN_MS);
  }
  throw new DbmakerError('runtime_failed', 'The container is still there after its removal.');
}
