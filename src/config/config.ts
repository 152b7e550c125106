import { homedir } from 'node:os';
import path from 'node:path';
import { parseAddressRange } from '../domain/address-range.ts';
import { DURATION_FORMAT, parseDuration } from '../domain/duration.ts';
import { DbmakerError } from '../domain/errors.ts';
import { count, databaseUrl, domainName, encryptionKey, hostAddress, listOf, megabytes, oneOf, portNumber, portOrOff, portRange, unixSocket, wholeNumber } from './parse.ts';
import { originUrl, readOidc, type OidcConfig } from './sign-in.ts';

export type PartName = 'api' | 'workers' | 'gateway';

/** What the environment said: parsed and validated once, then frozen. The only reader of process.env. */
export interface Config {
  /** Absolute directory of everything that is kept. */
  readonly home: string;
  /** What this process does; all of it unless told otherwise. */
  readonly parts: readonly PartName[];
  readonly httpHost: string;
  readonly httpPort: number;
  /** /metrics and /health of a process without the API, on the loopback; null: none. */
  readonly metricsPort: number | null;
  readonly domain: string;
  readonly runtime: 'auto' | 'docker' | 'process';
  /** Socket of the Docker Engine, which has to be on this machine: directories of this machine are mounted into containers. */
  readonly dockerSocket: string;
  /** postgresql://... or null: SQLite in `home`. A secret (holds a password). */
  readonly databaseUrl: string | null;
  readonly portRange: { readonly from: number; readonly to: number };
  readonly bind: string;
  /** A port that was released is not handed out again for so long, milliseconds. */
  readonly portQuarantineMs: number;
  /** A final backup is kept so long, milliseconds. */
  readonly backupRetentionMs: number;
  /** Backups leave so many bytes of the home's disk free; null: a hundredth of it, at most 1 GiB. */
  readonly backupReserveBytes: number | null;
  /** 32 bytes, base64; null: key file in `home`. A secret. */
  readonly encryptionKey: string | null;
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  /** Of a user for whom an admin has set nothing else. */
  readonly defaultQuota: { readonly instances: number; readonly memoryBytes: number; readonly cpus: number; readonly backupBytes: number };
  /** Of databases whose template says nothing, milliseconds; null: never. */
  readonly policies: { readonly sleepAfterMs: number | null; readonly removeAfterMs: number | null };
  /** How long the audit is kept, milliseconds. */
  readonly auditMs: number;
  /** Addresses and ranges of proxies before the API whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[];
  /** Addresses that webhooks may lead to although they are not public. */
  readonly webhookAllow: readonly string[];
  /** Where people's browsers reach the console and the API: an origin such as https://console.example.com; null: http://localhost:<port>. */
  readonly publicUrl: string | null;
  /** null: people sign in with local accounts, at the embedded issuer. */
  readonly oidc: OidcConfig | null;
  readonly gateway: GatewayConfig;
}

export interface GatewayConfig {
  /** Shared ports; null: off. */
  readonly postgresqlPort: number | null;
  readonly redisPort: number | null;
  readonly tlsPort: number | null;
  /** Certificate and key, PEM; null: made here, by a local authority. */
  readonly tls: { readonly certFile: string; readonly keyFile: string } | null;
  /** Addresses of load balancers that begin every connection with a PROXY header. */
  readonly proxyProtocolFrom: readonly string[];
  readonly limits: {
    readonly connectionsPerSource: number;
    readonly handshakesPerSource: number;
    readonly failedLookupsPerSource: number;
    readonly connectionsPerInstance: number;
    readonly handshakesPerInstance: number;
  };
  /** How long open connections may go on when a process that is only a gateway is told to stop, milliseconds. */
  readonly drainMs: number;
}

type Environment = Readonly<Record<string, string | undefined>>;
type Read = <T>(name: string, fallback: T, parse: (text: string) => T | undefined, expected: string) => T;

const PARTS = ['api', 'workers', 'gateway'] as const;

/** @throws DbmakerError invalid_configuration naming every variable that is wrong */
export function readConfig(environment: Environment): Config {
  const wrong: Record<string, string> = {};
  const read: Read = (name, fallback, parse, expected) => {
    const text = environment[name];
    if (text === undefined || text === '') return fallback;
    const value = parse(text);
    if (value !== undefined) return value;
    wrong[name] = `must be ${expected}`;
    return fallback;
  };
  const runtime = read('DBMAKER_RUNTIME', 'auto', oneOf('auto', 'docker', 'process'), 'auto, docker or process');
  const config: Config = {
    parts: read<PartName[]>('DBMAKER_PARTS', [...PARTS], (text) => (text === 'all' ? [...PARTS] : listOf(oneOf(...PARTS))(text)), 'all, or some of api, workers, gateway with commas between'),
    home: read('DBMAKER_HOME', path.join(homedir(), '.dbmaker'), (text) => path.resolve(text), 'a directory'),
    httpHost: read('DBMAKER_HTTP_HOST', '127.0.0.1', hostAddress, 'an address or host name'),
    httpPort: read('DBMAKER_HTTP_PORT', 8080, portNumber, 'a port, 0 to 65535'),
    metricsPort: read<number | null>('DBMAKER_METRICS_PORT', null, portOrOff, 'a port, or off'),
    domain: read('DBMAKER_DOMAIN', 'db.localhost', domainName, 'a domain name such as db.example.com'),
    runtime,
    dockerSocket: read('DOCKER_HOST', '/var/run/docker.sock', (text) => (runtime === 'process' ? '' : unixSocket(text)), 'a socket of this machine such as unix:///var/run/docker.sock'),
    databaseUrl: read<string | null>('DBMAKER_DATABASE_URL', null, databaseUrl, 'a URL such as postgresql://user:password@host/database'),
    portRange: read('DBMAKER_PORT_RANGE', { from: 10000, to: 19999 }, portRange, 'a range such as 10000-19999'),
    bind: read('DBMAKER_BIND', '127.0.0.1', hostAddress, 'an address'),
    portQuarantineMs: read('DBMAKER_PORT_QUARANTINE_SECONDS', 3600, wholeNumber, 'a number of seconds') * 1000,
    backupRetentionMs: read('DBMAKER_BACKUP_RETENTION_DAYS', 7, count, 'a number of days, at least 1') * 86_400_000,
    backupReserveBytes: read<number | null>('DBMAKER_BACKUP_RESERVE_MB', null, megabytes, 'a number of megabytes'),
    encryptionKey: read<string | null>('DBMAKER_ENCRYPTION_KEY', null, encryptionKey, '32 bytes in base64'),
    logLevel: read('DBMAKER_LOG_LEVEL', 'info', oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'), 'trace, debug, info, warn, error, fatal or silent'),
    defaultQuota: {
      instances: read('DBMAKER_QUOTA_INSTANCES', 10, wholeNumber, 'a whole number'),
      memoryBytes: read('DBMAKER_QUOTA_MEMORY_MB', 8192 * 1024 * 1024, megabytes, 'a number of megabytes'),
      cpus: read('DBMAKER_QUOTA_CPUS', 16, wholeNumber, 'a whole number'),
      backupBytes: read('DBMAKER_QUOTA_BACKUPS_MB', 10_240 * 1024 * 1024, megabytes, 'a number of megabytes'),
    },
    policies: {
      sleepAfterMs: read<number | null>('DBMAKER_SLEEP_AFTER', 3_600_000, parseDuration, DURATION_FORMAT),
      removeAfterMs: read<number | null>('DBMAKER_REMOVE_AFTER', 24 * 3_600_000, parseDuration, DURATION_FORMAT),
    },
    auditMs: read('DBMAKER_AUDIT_DAYS', 365, count, 'a number of days, at least 1') * 86_400_000,
    trustedProxies: read<string[]>('DBMAKER_TRUSTED_PROXIES', [], listOf(parseAddressRange), 'addresses or ranges such as 10.0.0.7,10.1.0.0/16'),
    webhookAllow: read<string[]>('DBMAKER_WEBHOOK_ALLOW', [], listOf(parseAddressRange), 'addresses or ranges such as 10.0.0.7,10.1.0.0/16'),
    publicUrl: read<string | null>('DBMAKER_PUBLIC_URL', null, originUrl, 'a URL without a path such as https://console.example.com'),
    oidc: readOidc(read, wrong),
    gateway: readGateway(read, wrong),
  };
  for (const name of Object.keys(environment)) {
    if (name.startsWith('DBMAKER_') && !KNOWN.has(name)) wrong[name] = 'is not a setting of DbMaker';
  }
  if (Object.keys(wrong).length > 0) {
    const list = Object.entries(wrong).map(([name, text]) => `${name} ${text}`).join('; ');
    throw new DbmakerError('invalid_configuration', `Configuration: ${list}.`, { fields: wrong, remedy: 'See the table of settings in README.md.' });
  }
  return Object.freeze(config);
}

function readGateway(read: Read, wrong: Record<string, string>): GatewayConfig {
  const file = (name: string): string | null => read<string | null>(name, null, (text) => path.resolve(text), 'a file');
  const [certFile, keyFile] = [file('DBMAKER_TLS_CERT'), file('DBMAKER_TLS_KEY')];
  if ((certFile === null) !== (keyFile === null)) wrong[certFile === null ? 'DBMAKER_TLS_CERT' : 'DBMAKER_TLS_KEY'] = 'is needed beside the other of the two';
  const port = (name: string, fallback: number): number | null => read<number | null>(name, fallback, portOrOff, 'a port, or off');
  const limit = (name: string, fallback: number): number => read(name, fallback, count, 'a whole number, at least 1');
  return {
    postgresqlPort: port('DBMAKER_POSTGRESQL_PORT', 15432),
    redisPort: port('DBMAKER_REDIS_PORT', 16379),
    tlsPort: port('DBMAKER_TLS_PORT', 13443),
    tls: certFile !== null && keyFile !== null ? { certFile, keyFile } : null,
    proxyProtocolFrom: read<string[]>('DBMAKER_PROXY_PROTOCOL_FROM', [], listOf(parseAddressRange), 'addresses or ranges such as 10.0.0.7,10.1.0.0/16'),
    limits: {
      connectionsPerSource: limit('DBMAKER_LIMIT_CONNECTIONS_PER_SOURCE', 2000),
      handshakesPerSource: limit('DBMAKER_LIMIT_HANDSHAKES_PER_SOURCE', 500),
      failedLookupsPerSource: limit('DBMAKER_LIMIT_FAILED_LOOKUPS_PER_SOURCE', 60),
      connectionsPerInstance: limit('DBMAKER_LIMIT_CONNECTIONS_PER_DATABASE', 5000),
      handshakesPerInstance: limit('DBMAKER_LIMIT_HANDSHAKES_PER_DATABASE', 2000),
    },
    drainMs: read('DBMAKER_DRAIN_SECONDS', 60, wholeNumber, 'a number of seconds') * 1000,
  };
}

const KNOWN = new Set([
  'DBMAKER_PUBLIC_URL', 'DBMAKER_OIDC_AUTHORITY', 'DBMAKER_OIDC_CLIENT_ID', 'DBMAKER_OIDC_SCOPE', 'DBMAKER_OIDC_AUDIENCE', 'DBMAKER_OIDC_ADMIN_ROLE',
  'DBMAKER_WEBHOOK_ALLOW', 'DBMAKER_SLEEP_AFTER', 'DBMAKER_REMOVE_AFTER',
  'DBMAKER_AUDIT_DAYS', 'DBMAKER_TRUSTED_PROXIES',
  'DBMAKER_HOME', 'DBMAKER_HTTP_HOST', 'DBMAKER_HTTP_PORT', 'DBMAKER_DOMAIN', 'DBMAKER_RUNTIME', 'DBMAKER_DATABASE_URL',
  'DBMAKER_PORT_RANGE', 'DBMAKER_BIND', 'DBMAKER_PORT_QUARANTINE_SECONDS', 'DBMAKER_BACKUP_RETENTION_DAYS', 'DBMAKER_ENCRYPTION_KEY', 'DBMAKER_LOG_LEVEL',
  'DBMAKER_QUOTA_INSTANCES', 'DBMAKER_QUOTA_MEMORY_MB', 'DBMAKER_QUOTA_CPUS', 'DBMAKER_QUOTA_BACKUPS_MB', 'DBMAKER_BACKUP_RESERVE_MB', 'DBMAKER_POSTGRESQL_PORT', 'DBMAKER_REDIS_PORT',
  'DBMAKER_PARTS', 'DBMAKER_METRICS_PORT', 'DBMAKER_TLS_PORT', 'DBMAKER_TLS_CERT', 'DBMAKER_TLS_KEY', 'DBMAKER_PROXY_PROTOCOL_FROM', 'DBMAKER_DRAIN_SECONDS', 'DBMAKER_LIMIT_CONNECTIONS_PER_SOURCE',
  'DBMAKER_LIMIT_HANDSHAKES_PER_SOURCE', 'DBMAKER_LIMIT_FAILED_LOOKUPS_PER_SOURCE', 'DBMAKER_LIMIT_CONNECTIONS_PER_DATABASE', 'DBMAKER_LIMIT_HANDSHAKES_PER_DATABASE',
]);

/** For the log at start: secrets replaced. */
export function redacted(config: Config): Record<string, unknown> {
  const hide = (value: string | null): string | null => (value === null ? null : '[redacted]');
  return { ...config, databaseUrl: hide(config.databaseUrl), encryptionKey: hide(config.encryptionKey) };
}
