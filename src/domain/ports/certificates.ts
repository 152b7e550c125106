import type { SecureContext } from 'node:tls';

/** What the gateway shows to clients that ask for TLS. */
export interface Presented {
  readonly context: SecureContext;
  /** Milliseconds since 1970. */
  readonly notAfter: number;
  /** Host names and addresses that the certificate is for, such as `*.db.example.com`. */
  readonly names: readonly string[];
}

/** The certificate of this installation, kept fresh while the process runs. Open connections keep the one they began with. */
export interface Certificates {
  /** The newest valid one; replaced while running, so read it for every connection. Never null. */
  readonly current: Presented;
  /** Certificate of the local authority, PEM, for clients to trust; null when the certificate comes from files. */
  readonly authority: string | null;
  stop(): void;
}
