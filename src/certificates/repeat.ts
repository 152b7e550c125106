import type { Clock } from '../domain/ports/clock.ts';

/** Runs `work`, which does not throw, again and again: `pauseMs()` after it has ended. The returned function stops it. */
export function repeat(clock: Clock, pauseMs: () => number, work: () => Promise<void>): () => void {
  let stopped = false;
  let cancel = (): void => undefined;
  const plan = (): void => {
    if (stopped) return;
    cancel = clock.after(pauseMs(), () => void work().then(plan));
  };
  plan();
  return () => {
    stopped = true;
    cancel();
  };
}
