import type { Clock } from '../domain/ports/clock.ts';

/** Real time. The only place that reads it. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
