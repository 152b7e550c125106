/** A way to be signed in. */
export interface Way {
  /** What API calls show. null: nobody is signed in any more. `renew`: a new one, as the last was refused. */
  bearer(renew: boolean): Promise<string | null>;
  /** Ends it here and at the issuer. May lead the browser away. */
  end(): Promise<void>;
}
