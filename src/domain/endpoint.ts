/** Where the gateway (and an engine) reaches an instance. */
export type Endpoint =
  /** A unix socket `name` in `directory` (absolute). The directory is hostile ground: see src/net/connect.ts. */
  | { readonly kind: 'unix'; readonly directory: string; readonly name: string }
  /** A TCP address that only this host reaches: loopback-published or on a private internal network. */
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };
