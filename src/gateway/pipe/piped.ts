/** Two legs that were joined. */
export interface Piped {
  /** Bytes from the client to the instance so far. */
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** What was read from either leg before, and belongs in front of what follows. */
export interface ReadAhead {
  readonly fromClient: Buffer;
  readonly fromInstance: Buffer;
}
