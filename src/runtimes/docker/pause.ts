import type { DockerContext } from './context.ts';

/** Resolves after `ms`, or at once when the signal aborts. */
export function pause({ clock }: Pick<DockerContext, 'clock'>, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.after(ms, done);
    signal?.addEventListener('abort', done, { once: true });
    if (signal?.aborted === true) done();
  });
}
