import { signal } from '@angular/core';
import type { Signal } from '@angular/core';
import { toApiError } from '../api/api-error';
import type { ApiError } from '../api/api-error';

/** Something that somebody asks for: while it is under way it is not asked for twice, and why it failed is kept until the next time. */
export interface Attempt {
  readonly busy: Signal<boolean>;
  readonly problem: Signal<ApiError | null>;
  /** @returns whether it worked; never rejects */
  run(work: () => Promise<unknown>): Promise<boolean>;
  /** As if nothing had been tried. */
  forget(): void;
}

export function attempt(): Attempt {
  const busy = signal(false);
  const problem = signal<ApiError | null>(null);
  return {
    busy: busy.asReadonly(),
    problem: problem.asReadonly(),
    forget: () => problem.set(null),
    async run(work) {
      if (busy()) return false;
      busy.set(true);
      problem.set(null);
      try {
        await work();
        return true;
      } catch (error) {
        problem.set(toApiError(error));
        return false;
      } finally {
        busy.set(false);
      }
    },
  };
}
