export interface Address {
  /** IPv4 or IPv6 in its shortest form; an IPv4 address within IPv6 (`::ffff:192.0.2.1`) is written as the IPv4 address that it is. */
  readonly address: string;
  readonly port: number;
}

/** The PROXY protocol of HAProxy, versions 1 and 2: https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt */
export type ProxyHeader =
  | { readonly kind: 'incomplete' }
  /** Does not begin with a header. */
  | { readonly kind: 'none' }
  | { readonly kind: 'proxied'; readonly source: Address; readonly destination: Address; readonly size: number }
  /** The load balancer speaks for itself, or does not know for whom. */
  | { readonly kind: 'local'; readonly size: number }
  | { readonly kind: 'invalid'; readonly problem: string };
