import type { FastifyBaseLogger } from 'fastify';
import type { BackupFiles } from '../domain/ports/backups.ts';
import type { EmbeddedIssuer } from '../domain/ports/issuer.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { Runtime } from '../domain/ports/runtime.ts';
import type { SecretBox } from '../domain/ports/secret-box.ts';
import type { Store } from '../domain/ports/store.ts';
import type { NewsSignal, StatusSignal, WakeSignal } from '../domain/ports/wake.ts';
import type { Quota } from '../domain/user/user.ts';

/** Where the gateway is reached. */
export interface GatewayAddress {
  /** null: switched off. */
  readonly postgresqlPort: number | null;
  readonly redisPort: number | null;
  readonly tlsPort: number | null;
  /** PEM of our own authority; null: the certificate came from outside. */
  readonly certificateAuthority: string | null;
}

/** An issuer outside of DbMaker. */
export interface ExternalIssuer {
  readonly authority: string;
  readonly clientId: string;
  readonly scope: string;
  readonly audiences: readonly string[];
  /** null: roles are given inside DbMaker. */
  readonly adminRole: string | null;
}

/** Where people sign in. */
export type SignInDependency = { readonly kind: 'embedded'; readonly issuer: EmbeddedIssuer } | { readonly kind: 'external'; readonly oidc: ExternalIssuer };

/** The few values of the configuration that the api needs. */
export interface ApiConfig {
  readonly domain: string;
  readonly portRange: { readonly from: number; readonly to: number };
  readonly defaultQuota: Quota;
  /** Where a template says nothing; null: never. */
  readonly policies: { readonly sleepAfterMs: number | null; readonly removeAfterMs: number | null };
  readonly gateway: GatewayAddress;
  /** Where the built console lies; null: there is none. Default: none. */
  readonly consoleDirectory?: string | null;
  /** Addresses that webhooks may lead to although they are not public. Default: none. */
  readonly webhookAllow?: readonly string[];
  /** Addresses and ranges of proxies whose X-Forwarded-For is believed. Default: none. */
  readonly trustedProxies?: readonly string[];
  /** Browsers reach the API over https, whatever a request here looks like. Default: false. */
  readonly isPublicHttps?: boolean;
  /** Short text that tells the cookies of this installation from those of others on the same host. Default: none. */
  readonly installation?: string;
  /** Requests per minute and address; defaults in plugins/rate-limit.ts. */
  readonly rateLimit?: { readonly requests?: number; readonly failedLogins?: number; readonly signInsBegun?: number };
}

/** Everything that the api is built from; src/main makes the concrete ones. */
export interface ApiDependencies {
  readonly store: Store;
  readonly secretBox: SecretBox;
  readonly clock: Clock;
  readonly log: FastifyBaseLogger;
  readonly config: ApiConfig;
  readonly signIn: SignInDependency;
  readonly wake: WakeSignal;
  readonly status: StatusSignal;
  readonly news: NewsSignal;
  /** To read logs and figures only: the api never controls a runtime. */
  readonly instances: Pick<Runtime, 'logs' | 'stats'>;
  /** To download and delete them: making and restoring is the workers'. */
  readonly backups: Pick<BackupFiles, 'read' | 'remove'>;
  /** Whether a listener could be opened there right now: the real bind. */
  readonly isPortFree: (port: number) => Promise<boolean>;
  /** Figures of other parts in this process, shown by /metrics with our own. */
  readonly moreMetrics?: { metrics(): Promise<string> };
}
