import { computed, linkedSignal, resource, signal } from '@angular/core';
import type { Signal } from '@angular/core';
import { toApiError } from '../api/api-error';
import type { ApiError } from '../api/api-error';

export interface Page<T> {
  readonly items: readonly T[];
  /** Cursor of the following page; null: there is none. */
  readonly next: string | null;
}

/** A list of the API that comes page by page. */
export interface Paged<T> {
  /** Those of before, until what was asked for has come. */
  readonly items: Signal<readonly T[]>;
  readonly hasMore: Signal<boolean>;
  readonly isLoading: Signal<boolean>;
  /** Whether it was ever answered: an empty list is one then. */
  readonly hasAnswer: Signal<boolean>;
  readonly problem: Signal<ApiError | null>;
  /** Fetches the following page. */
  more(): Promise<void>;
  /** Begins anew. */
  reload(): void;
}

/**
 * A list that is begun anew whenever `query` changes. To be made where things are injected.
 * @param fetchPage `cursor`: undefined for the first page
 */
export function paged<Q, T>(query: () => Q, fetchPage: (query: Q, cursor: string | undefined) => Promise<Page<T>>): Paged<T> {
  const first = resource({ params: () => ({ query: query() }), loader: async ({ params }) => ({ page: await fetchPage(params.query, undefined), query: params.query }) });
  const answer = computed(() => (first.hasValue() ? first.value() : undefined));
  const pages = linkedSignal<ReturnType<typeof answer>, readonly Page<T>[]>({ source: answer, computation: (now, before) => (now === undefined ? (before?.value ?? []) : [now.page]) });
  const isFetching = signal(false);
  const failure = linkedSignal<unknown, ApiError | null>({ source: answer, computation: () => null });
  const next = computed(() => pages().at(-1)?.next ?? null);
  return {
    items: computed(() => pages().flatMap(({ items }) => items)),
    hasMore: computed(() => next() !== null),
    isLoading: computed(() => first.isLoading() || isFetching()),
    hasAnswer: computed(() => pages().length > 0),
    problem: computed(() => { const error = first.error(); return error === undefined ? failure() : toApiError(error); }),
    async more() {
      const [begun, cursor] = [answer(), next()];
      if (begun === undefined || cursor === null || isFetching()) return;
      isFetching.set(true);
      failure.set(null);
      try {
        const page = await fetchPage(begun.query, cursor);
        if (answer() === begun) pages.update((known) => [...known, page]); // else another list is shown by now
      } catch (error) {
        failure.set(toApiError(error));
      } finally {
        isFetching.set(false);
      }
    },
    reload: () => void first.reload(),
  };
}
