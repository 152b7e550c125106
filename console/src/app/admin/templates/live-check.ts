import { DestroyRef, effect, inject, signal, untracked } from '@angular/core';
import type { Signal } from '@angular/core';
import { Api, answered } from '../../api/api';
import { toApiError } from '../../api/api-error';
import type { ApiError } from '../../api/api-error';

/** After the last key. */
const REST_MS = 300;

export interface LiveCheck {
  /** JSON pointer -> what is wrong there, as last heard. */
  readonly fields: Signal<Readonly<Record<string, string>>>;
  /** Whether there was an answer yet. */
  readonly answered: Signal<boolean>;
  /** Whether something was typed that has not been answered for. */
  readonly pending: Signal<boolean>;
  /** Why it could not be asked. */
  readonly problem: Signal<ApiError | null>;
  /** Asks at once. @returns whether nothing is wrong; never rejects */
  now(): Promise<boolean>;
}

/**
 * Asks the server, as somebody types, what it would say to a template: its rules stand there and nowhere else.
 * @param text of the document, in JSON; null: there is none to ask about
 */
export function liveCheck(text: () => string | null): LiveCheck {
  const { client } = inject(Api);
  const fields = signal<Readonly<Record<string, string>>>({});
  const heard = signal(false);
  const pending = signal(false);
  const problem = signal<ApiError | null>(null);
  let asked = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = (): void => {
    clearTimeout(timer);
    asked.abort();
  };
  const ask = async (document: string): Promise<boolean> => {
    stop();
    const { signal: left } = asked = new AbortController();
    pending.set(true);
    try {
      const answer = await answered(client.POST('/api/templates/validate', { body: JSON.parse(document) as unknown, signal: left }));
      if (left.aborted) return false;
      fields.set(answer.fields);
      heard.set(true);
      problem.set(null);
      return answer.valid;
    } catch (error) {
      if (!left.aborted) problem.set(toApiError(error));
      return false;
    } finally {
      if (!left.aborted) pending.set(false);
    }
  };
  effect(() => {
    const document = text();
    untracked(() => {
      stop();
      pending.set(document !== null);
      if (document !== null) timer = setTimeout(() => void ask(document), REST_MS);
    });
  });
  inject(DestroyRef).onDestroy(stop);
  return {
    fields: fields.asReadonly(), answered: heard.asReadonly(), pending: pending.asReadonly(), problem: problem.asReadonly(),
    now: async () => { const document = untracked(text); return document === null ? false : ask(document); },
  };
}
