/** A worker's claim on an instance. Everything it writes names it, and is refused once somebody else holds the lease. */
export interface Lease {
  readonly instanceId: string;
  readonly holder: string;
  /** Rises with each new claim. */
  readonly token: number;
}
