import path from 'node:path';
import { DbmakerError } from '../../domain/errors.ts';
import type { Progress } from '../../domain/instance/instance.ts';
import type { OnProgress } from '../../domain/ports/runtime.ts';
import { buildImage } from './build.ts';
import type { DockerContext } from './context.ts';
import { ownImageDirectory } from './own-images.ts';
import { hasImage, pullImage } from './pull.ts';

interface Preparation {
  readonly done: Promise<void>;
  readonly listeners: Set<OnProgress>;
  last: Progress | null;
  readonly abort: AbortController;
}

type Prepare = (image: string, onProgress: OnProgress, signal?: AbortSignal) => Promise<void>;

/** Makes images present. Several callers for the same image are one piece of work, which ends early only when all of them have left. */
export function createPrepare(context: DockerContext): Prepare {
  const running = new Map<string, Preparation>();

  const work = (image: string, onProgress: OnProgress, signal: AbortSignal): Promise<void> => {
    const directory = ownImageDirectory(image);
    return directory === null
      ? pullImage(context, image, onProgress, signal)
      : buildImage(context, { image, directory: path.join(context.imagesDirectory, directory) }, onProgress, signal);
  };

  const begin = (image: string): Preparation => {
    const report: OnProgress = (progress) => {
      preparation.last = progress;
      for (const listener of preparation.listeners) listener(progress);
    };
    const abort = new AbortController();
    // In a later turn: the work reports to what is only made below.
    const done = Promise.resolve().then(() => work(image, report, abort.signal)).finally(() => {
      if (running.get(image) === preparation) running.delete(image);
    });
    done.catch(() => undefined); // each caller hears of it by awaiting; this is for when all have left
    const preparation: Preparation = { done, listeners: new Set(), last: null, abort };
    running.set(image, preparation);
    return preparation;
  };

  return async (image, onProgress, signal) => {
    if (await hasImage(context, image)) return;
    if (signal?.aborted === true) throw cancelled(image);
    const preparation = running.get(image) ?? begin(image);
    const listener: OnProgress = (progress) => onProgress(progress); // a wrapper, so that one function given twice counts twice
    preparation.listeners.add(listener);
    if (preparation.last !== null) onProgress(preparation.last);
    let leave: (() => void) | undefined;
    try {
      await Promise.race([preparation.done, new Promise<never>((_, reject) => {
        leave = () => reject(cancelled(image));
        signal?.addEventListener('abort', leave, { once: true });
        if (signal?.aborted === true) leave(); // while it was told of the last progress
      })]);
    } finally {
      if (leave) signal?.removeEventListener('abort', leave);
      preparation.listeners.delete(listener);
      if (preparation.listeners.size === 0) {
        if (running.get(image) === preparation) running.delete(image);
        preparation.abort.abort();
      }
    }
  };
}

function cancelled(image: string): DbmakerError {
  return new DbmakerError('cancelled', `Nobody waits for the image ${image} any more.`);
}
