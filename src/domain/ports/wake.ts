/**
 * Tells the workers of this process that a spec changed, so that they need not wait for their next look at the store.
 * Only a hint: a lost one costs at most that wait.
 */
export interface WakeSignal {
  changed(instanceId: string): void;
}

/** Tells whoever waits (Prefer: wait, the gateway) that a status was reported. Only a hint, as above. */
export interface StatusSignal {
  /** Calls back after each report about this instance; the returned function unsubscribes. */
  onReport(instanceId: string, callback: () => void): () => void;
}

/** Tells that there may be new events in the store. Only a hint, as above. */
export interface NewsSignal {
  /** The returned function unsubscribes. */
  onNews(callback: () => void): () => void;
}
