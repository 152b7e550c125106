/** What a careful client knows about its databases: what was promised to it, and what it cannot know because the answer never came. */

export type Wanted = 'running' | 'sleeping' | 'stopped' | 'deleted';

export interface KnownInstance {
  readonly name: string;
  readonly template: 'postgresql' | 'redis';
  /** undefined: the answer to the POST never came. */
  id: string | undefined;
  /** One member: a promise. Several: a request was cut off, any of them may be true. */
  wanted: Set<Wanted>;
  /** Every value whose write was confirmed. */
  readonly written: Set<number>;
  /** Every value that may be there. */
  readonly attempted: Set<number>;
}

/** Row of GET /api/containers, as far as the test looks. */
export interface Row {
  readonly id: string;
  readonly name: string;
  readonly port: number;
  readonly status: string;
  readonly desired: Wanted;
  /** Of the engine; null until it was ready for the first time. */
  readonly version: string | null;
  readonly reason: { readonly code: string; readonly message: string; readonly logTail?: string } | null;
}

export interface Connection {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly database: string;
}

export type Outcome = 'done' | 'refused' | 'unknown';

/** After an action: done is a promise, refused changes nothing, unknown may have happened. A deletion is never undone. */
export function applyOutcome(instance: KnownInstance, wanted: Wanted, outcome: Outcome): void {
  if (outcome === 'refused') return;
  if (outcome === 'unknown') {
    instance.wanted.add(wanted);
  } else if (wanted === 'deleted' || !instance.wanted.has('deleted')) {
    instance.wanted = new Set([wanted]);
  }
}
