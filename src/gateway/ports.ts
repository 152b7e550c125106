import type { SecureContext } from 'node:tls';
import type { Clock } from '../domain/ports/clock.ts';
import type { Connect, ListenUnix } from '../domain/ports/connector.ts';
import type { Log } from '../domain/ports/log.ts';
import type { Store } from '../domain/ports/store.ts';
import type { LimitSettings } from './limits/limits.ts';

/** What the gateway needs of the rest of the house; handed in by src/main. */
export interface GatewayPorts {
  readonly store: Pick<Store, 'instances' | 'events' | 'activity'>;
  readonly connect: Connect;
  readonly listenUnix: ListenUnix;
  readonly clock: Clock;
  readonly log: Log;
  /** The newest certificate; asked for at each handshake, so that a renewal needs no restart. */
  readonly secureContext: () => SecureContext;
  readonly settings: GatewaySettings;
  /** Tells the workers of this process that a spec was changed (woken). A hint. */
  readonly changed: (instanceId: string) => void;
}

export interface GatewaySettings {
  /** Names this process in what it reports. Unique per start. */
  readonly name: string;
  /** Hostnames of instances are `slug.domain`. */
  readonly domain: string;
  /** Address that everything listens on. */
  readonly bind: string;
  /** Shared ports; null: not listened on. */
  readonly postgresqlPort: number | null;
  readonly redisPort: number | null;
  readonly tlsPort: number | null;
  /** Whether other gateway processes listen on the same ports (the kernel spreads the connections). */
  readonly reusePort: boolean;
  /** Where gateway processes of one home find each other, and which of them this is: for cancel requests, which may reach any of them. */
  readonly peers: { readonly directory: string; readonly number: number };
  /** Addresses whose connections have to begin with a PROXY header (1 or 2); from anybody else such a header is refused. */
  readonly proxyProtocolFrom: readonly string[];
  readonly limits: LimitSettings;
  /** From the first byte to the end of the login, waking not counted. */
  readonly handshakeMs: number;
  /** A waking instance has to be ready within this. */
  readonly wakeDeadlineMs: number;
  /** How often the store is asked what changed, and how often for everything. */
  readonly pollMs: number;
  readonly refreshMs: number;
  /** How often a port that another program has is tried again. */
  readonly retryMs: number;
  /** How often use is reported. */
  readonly reportMs: number;
}
