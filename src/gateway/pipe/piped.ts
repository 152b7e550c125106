/** What has passed between a client and an instance so far. */
export interface Counted {
  /** Bytes from the client to the instance so far. */
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** Two legs that were joined. */
export interface Piped extends Counted {
  /** Whether it is done beneath the streams. */
  readonly fast: boolean;
}

/** What was read from either leg before, and belongs in front of what follows. */
export interface ReadAhead {
  readonly fromClient: Buffer;
  readonly fromInstance: Buffer;
}
