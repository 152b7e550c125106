import type { Family } from '../peers.ts';

/** How a client can get to the same database. */
export const WAYS = ['socket', 'docker port', 'nginx', 'HAProxy', 'gateway'] as const;
export type Way = (typeof WAYS)[number];
/** Those that speak TLS; what stands behind them is the same socket. */
export const TLS_WAYS = ['nginx', 'HAProxy', 'gateway'] as const;
/** And the socket itself, which is plain: how much there is to lose. */
export const TLS_WAYS_AND_SOCKET = ['socket', ...TLS_WAYS] as const;

export const FAMILIES: readonly Family[] = ['postgresql', 'redis'];

export interface Target {
  /** An address, or the directory of the socket. */
  readonly host: string;
  /** Of a socket: the number in its name. */
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly database: string;
  /** Set: TLS with this name in the ClientHello. */
  readonly servername: string | null;
  /** The socket's path, where `host` is a directory. */
  readonly socket: string | null;
}
