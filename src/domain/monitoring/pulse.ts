/**
 * The pulse of an instance: how many bytes went through the gateway, both ways, in each half hour of the last day. What a list shows of each database
 * at once, so it takes one short row for each, unlike the figures of ./sample.ts.
 */
export interface Pulse {
  /** All that ever went through, when this was noted. */
  readonly total: number;
  /** Number of the half hour (since 1970) that the first value is of; those of the following ones come after it. */
  readonly first: number;
  /** Bytes; at most {@link STEPS}. */
  readonly values: readonly number[];
}

export const STEP_MS = 30 * 60_000;
/** A day of half hours. */
export const STEPS = 48;

export const stepOf = (at: number): number => Math.floor(at / STEP_MS);
/** Begin of the half hour that `at` lies in. */
export const stepBegin = (at: number): number => stepOf(at) * STEP_MS;

/** What was added since `before` (null: since ever) goes to the present half hour. Pure. A total that falls, or a step of a clock that was wrong, adds nothing. */
export function nextPulse(before: Pulse | null, total: number, now: number): Pulse {
  const step = stepOf(now);
  const first = Math.min(step, Math.max(before?.first ?? step, step - STEPS + 1));
  const values = Array.from({ length: step - first + 1 }, (_, index) => before?.values[first + index - before.first] ?? 0);
  values.push((values.pop() ?? 0) + Math.max(0, total - (before?.total ?? 0)));
  return { total, first, values };
}

/** The values of {@link STEPS} half hours up to that of `now`. */
export function lastDay({ first, values }: Pulse, now: number): number[] {
  const from = stepOf(now) - STEPS + 1;
  return Array.from({ length: STEPS }, (_, index) => values[from + index - first] ?? 0);
}

/** The last half hour that something was noted in: when it began, and its bytes. */
export function lastStep({ first, values }: Pulse): { at: number; bytes: number } {
  return { at: (first + values.length - 1) * STEP_MS, bytes: values.at(-1) ?? 0 };
}

/** For the store. Begins with the total, see {@link isOfTotal}. */
export function packPulse({ total, first, values }: Pulse): string {
  return JSON.stringify([total, first, ...values]);
}

export function unpackPulse(text: string): Pulse {
  const [total = 0, first = 0, ...values] = JSON.parse(text) as number[];
  return { total, first, values };
}

/** Whether nothing was added since; without reading all of it, as that is so of most. */
export function isOfTotal(text: string, total: number): boolean {
  return text.startsWith(`[${String(total)},`);
}
