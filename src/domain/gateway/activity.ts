/** What one gateway process reports of one instance. */
export interface GatewayUse {
  readonly instanceId: string;
  /** Connections open right now through this process, those that are not logged in (yet) included. */
  readonly open: number;
  /** Of those, how many are logged in. */
  readonly sessions: number;
  /** Since the last report. */
  readonly connections: number;
  /** Bytes from clients to the instance since the last report. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Milliseconds since 1970. */
  readonly lastUsedAt: number;
}

/** All gateways together, since the instance was made. */
export interface GatewayActivity {
  readonly open: number;
  readonly connections: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly lastUsedAt: number;
}
