import type { Database, DatabaseEvent } from '../api/types';

/** `event: snapshot` of /events/containers, which the API describes in words only (docs/watching.md): what there is, in pages. */
export interface Snapshot {
  readonly containers: readonly Database[];
  /** It takes the place of all that was known before. */
  readonly first: boolean;
  /** The last page. */
  readonly done: boolean;
}

/** What happened, and the database as it is by now; null: gone. */
export interface LiveEvent extends DatabaseEvent {
  readonly containerId: string;
  readonly container: Database | null;
}

/** `event: activity`: bytes so far in the step that began at `at`, of databases with which something goes on. */
export interface ActivityMessage {
  readonly at: string;
  readonly items: Readonly<Record<string, number>>;
}

/** `event: end`: nothing follows on this connection. */
export interface EndMessage {
  readonly reason: 'token_expired' | 'token_revoked' | 'closing';
}
