import { homedir } from 'node:os';
import path from 'node:path';
import { DbmakerError } from '../domain/errors.ts';

/** What the environment said: parsed and validated once, then frozen. The only reader of process.env. */
export interface Config {
  /** Absolute directory of everything that is kept. */
  readonly home: string;
  readonly httpHost: string;
  readonly httpPort: number;
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
  /** 32 bytes, base64; null: key file in `home`. A secret. */
  readonly encryptionKey: string | null;
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  /** Of a user for whom an admin has set nothing else. */
  readonly defaultQuota: { readonly instances: number; readonly memoryBytes: number; readonly cpus: number };
}

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws DbmakerError invalid_configuration naming every variable that is wrong */
export function readConfig(environment: Environment): Config {
  const wrong: Record<string, string> = {};
  const read = <T>(name: string, fallback: T, parse: (text: string) => T | undefined, expected: string): T => {
    const text = environment[name];
    if (text === undefined || text === '') return fallback;
    const value = parse(text);
    if (value !== undefined) return value;
    wrong[name] = `must be ${expected}`;
    return fallback;
  };
  const runtime = read('DBMAKER_RUNTIME', 'auto', oneOf('auto', 'docker', 'process'), 'auto, docker or process');
  const config: Config = {
    home: read('DBMAKER_HOME', path.join(homedir(), '.dbmaker'), (text) => path.resolve(text), 'a directory'),
    httpHost: read('DBMAKER_HTTP_HOST', '127.0.0.1', hostAddress, 'an address or host name'),
    httpPort: read('DBMAKER_HTTP_PORT', 8080, portNumber, 'a port, 0 to 65535'),
    domain: read('DBMAKER_DOMAIN', 'localhost', domainName, 'a domain name such as db.example.com'),
    runtime,
    dockerSocket: read('DOCKER_HOST', '/var/run/docker.sock', (text) => (runtime === 'process' ? '' : unixSocket(text)), 'a socket of this machine such as unix:///var/run/docker.sock'),
    databaseUrl: read<string | null>('DBMAKER_DATABASE_URL', null, databaseUrl, 'a URL such as postgresql://user:password@host/database'),
    portRange: read('DBMAKER_PORT_RANGE', { from: 10000, to: 19999 }, portRange, 'a range such as 10000-19999'),
    bind: read('DBMAKER_BIND', '127.0.0.1', hostAddress, 'an address'),
    portQuarantineMs: read('DBMAKER_PORT_QUARANTINE_SECONDS', 3600, wholeNumber, 'a number of seconds') * 1000,
    encryptionKey: read<string | null>('DBMAKER_ENCRYPTION_KEY', null, encryptionKey, '32 bytes in base64'),
    logLevel: read('DBMAKER_LOG_LEVEL', 'info', oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'), 'trace, debug, info, warn, error, fatal or silent'),
    defaultQuota: {
      instances: read('DBMAKER_QUOTA_INSTANCES', 10, wholeNumber, 'a whole number'),
      memoryBytes: read('DBMAKER_QUOTA_MEMORY_MB', 8192, wholeNumber, 'a number of megabytes') * 1024 * 1024,
      cpus: read('DBMAKER_QUOTA_CPUS', 16, wholeNumber, 'a whole number'),
    },
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

const KNOWN = new Set([
  'DBMAKER_HOME', 'DBMAKER_HTTP_HOST', 'DBMAKER_HTTP_PORT', 'DBMAKER_DOMAIN', 'DBMAKER_RUNTIME', 'DBMAKER_DATABASE_URL',
  'DBMAKER_PORT_RANGE', 'DBMAKER_BIND', 'DBMAKER_PORT_QUARANTINE_SECONDS', 'DBMAKER_ENCRYPTION_KEY', 'DBMAKER_LOG_LEVEL',
  'DBMAKER_QUOTA_INSTANCES', 'DBMAKER_QUOTA_MEMORY_MB', 'DBMAKER_QUOTA_CPUS', 'DBMAKER_POSTGRESQL_PORT', 'DBMAKER_REDIS_PORT',
]);

/** For the log at start: secrets replaced. */
export function redacted(config: Config): Record<string, unknown> {
  const hide = (value: string | null): string | null => (value === null ? null : '[redacted]');
  return { ...config, databaseUrl: hide(config.databaseUrl), encryptionKey: hide(config.encryptionKey) };
}

function wholeNumber(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

function portNumber(text: string): number | undefined {
  const port = wholeNumber(text);
  return port !== undefined && port <= 65535 ? port : undefined;
}

function portRange(text: string): Config['portRange'] | undefined {
  const match = /^(\d{1,5})-(\d{1,5})$/.exec(text);
  if (!match) return undefined;
  const [from, to] = [Number(match[1]), Number(match[2])];
  return from >= 1024 && from <= to && to <= 65535 ? { from, to } : undefined;
}

function oneOf<const T extends string>(...values: T[]): (text: string) => T | undefined {
  return (text) => values.find((value) => value === text);
}

function unixSocket(text: string): string | undefined {
  return /^unix:\/\/(\/[^\0]+)$/.exec(text)?.[1];
}

function hostAddress(text: string): string | undefined {
  return /^[0-9a-zA-Z.:_-]{1,253}$/.test(text) ? text : undefined;
}

function domainName(text: string): string | undefined {
  const name = text.toLowerCase().replace(/\.$/, '');
  return name.length <= 180 && name.split('.').every((label) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(label)) ? name : undefined;
}

function databaseUrl(text: string): string | undefined {
  return /^postgres(ql)?:\/\//.test(text) && URL.canParse(text) ? text : undefined;
}

function encryptionKey(text: string): string | undefined {
  return Buffer.from(text, 'base64').length === 32 ? text : undefined;
}
