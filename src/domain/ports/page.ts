/** A page of a list that is ordered newest first; `next` is handed back to get the following one, null at the end. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}
