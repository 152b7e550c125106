/**
 * Aborts at Ctrl-C and SIGTERM: what runs is ended, what was made is removed by the `await using` that hold it, and the benchmark ends.
 * A second signal ends it at once.
 */
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort(new Error(`ended by ${signal}`)));

export const stopping: AbortSignal = stop.signal;
