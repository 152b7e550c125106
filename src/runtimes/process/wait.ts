import { pause } from '../../domain/pause.ts';
import type { Clock } from '../../domain/ports/clock.ts';

/** Looks every `intervalMs` (default 10) until `check` says yes; false when `timeoutMs` have passed without one. */
export async function waitUntil(clock: Clock, check: () => boolean | Promise<boolean>, options: { timeoutMs: number; intervalMs?: number }): Promise<boolean> {
  const deadline = clock.now() + options.timeoutMs;
  for (;;) {
    if (await check()) return true;
    if (clock.now() >= deadline) return false;
    await pause(clock, options.intervalMs ?? 10);
  }
}
