import type { Clock } from '../domain/ports/clock.ts';

/** Node runs what should wait longer than this (24.8 days) at once, which after a clock was set back would be a hot loop. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Real time. The only place that reads it. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, Math.min(ms, LONGEST_TIMER_MS));
    timer.unref();
    return () => clearTimeout(timer);
  },
};
