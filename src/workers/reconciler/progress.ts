import type { Progress } from '../../domain/instance/instance.ts';
import type { Pass } from './context.ts';

/** Long work reports many times a second; a person and the store need about two. What comes too early is left out. */
export function progressReporter(pass: Pass): (progress: Progress) => void {
  let last = 0;
  let writing = false;
  return (progress) => {
    const now = pass.ports.clock.now();
    if (writing || now - last < 500) return;
    [last, writing] = [now, true];
    pass
      .report({ progress }, { volatile: true })
      .catch((error: unknown) => pass.ports.log.warn({ err: error, instance: pass.instance.id }, 'progress was not written'))
      .finally(() => (writing = false));
  };
}

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
