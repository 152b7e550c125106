/** Calls that come while one is under way share its result; the next one after it does the work anew. */
export function singleFlight<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () => {
    running ??= work().finally(() => { running = undefined; });
    return running;
  };
}
