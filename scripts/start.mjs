// npm start: makes this machine ready, then becomes the server. Plain JavaScript for Node 20 without node_modules, as it starts on a
// fresh clone. `npm start -- --help` lists the settings.
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const OLDEST_NODE = 20;
const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

const HELP = `npm start [-- --help | --setup-only]

Sets up what is missing (npm packages; without Docker also redis-server, as root on Debian; the console), then serves http://127.0.0.1:8080.
With a Docker Engine answering, databases run as containers; without one, as processes of this machine. They go on running when
the server stops. The first start writes an admin's API token to $DBMAKER_HOME/admin.token
and shows a one-time password of the account admin; without a terminal it writes that to $DBMAKER_HOME/admin.password.

  --setup-only   set up and end, do not start the server
  --help         this text

Settings (environment variables):
  DBMAKER_HOME                      directory of everything that is kept             ~/.dbmaker
  DBMAKER_HTTP_HOST                 address of the API                               127.0.0.1
  DBMAKER_HTTP_PORT                 port of the API                                  8080
  DBMAKER_PUBLIC_URL                where browsers reach it: https, or this machine  http://localhost:<port>
  DBMAKER_OIDC_AUTHORITY            issuer to sign in with, see docs/sign-in.md      local accounts
  DBMAKER_OIDC_CLIENT_ID            the console's id there                           none
  DBMAKER_OIDC_SCOPE                scope of access tokens                           api://<client id>/access
  DBMAKER_OIDC_AUDIENCE             who access tokens are for                        the client id
  DBMAKER_OIDC_ADMIN_ROLE           role that makes an admin; or off                 admin
  DBMAKER_DOMAIN                    hostnames are <slug>.<domain>                    db.localhost
  DBMAKER_RUNTIME                   auto, docker or process                          auto
  DBMAKER_DATABASE_URL              postgresql://... for the store                   SQLite in DBMAKER_HOME
  DBMAKER_BIND                      address on which databases are reached           127.0.0.1
  DBMAKER_PORT_RANGE                ports of databases                               10000-19999
  DBMAKER_PORT_QUARANTINE_SECONDS   how long a released port rests                   3600
  DBMAKER_POSTGRESQL_PORT           all PostgreSQL databases, by hostname; or off    15432
  DBMAKER_REDIS_PORT                all Redis databases, by hostname; or off         16379
  DBMAKER_TLS_PORT                  any TLS protocol by hostname, HTTP by Host; off  13443
  DBMAKER_TLS_CERT                  file of a certificate for *.<domain>, PEM        made here
  DBMAKER_TLS_KEY                   file of its key, PEM                             made here
  DBMAKER_PROXY_PROTOCOL_FROM       load balancers that send PROXY headers           none
  DBMAKER_LIMIT_CONNECTIONS_PER_SOURCE      connections from one address             2000
  DBMAKER_LIMIT_HANDSHAKES_PER_SOURCE       of those, logins under way               500
  DBMAKER_LIMIT_FAILED_LOOKUPS_PER_SOURCE   unknown names from one address a minute  60
  DBMAKER_LIMIT_CONNECTIONS_PER_DATABASE    connections to one database              5000
  DBMAKER_LIMIT_HANDSHAKES_PER_DATABASE     of those, logins under way               2000
  DBMAKER_PARTS                     api, workers, gateway: what this process does    all
  DBMAKER_DRAIN_SECONDS             how long a lone gateway lets connections end     60
  DBMAKER_METRICS_PORT              /metrics of a process without the API; or off    off
  DBMAKER_ENCRYPTION_KEY            32 bytes in base64                               key file in DBMAKER_HOME
  DBMAKER_QUOTA_INSTANCES           databases of one user                            10
  DBMAKER_QUOTA_MEMORY_MB           memory of one user's databases                   8192
  DBMAKER_QUOTA_CPUS                CPUs of one user's databases                     16
  DBMAKER_QUOTA_BACKUPS_MB          backups that are kept of one user's databases    10240
  DOCKER_HOST                       Docker Engine, a socket of this machine          unix:///var/run/docker.sock
  DBMAKER_SLEEP_AFTER               without use for so long a database falls asleep  1h
  DBMAKER_REMOVE_AFTER              and is removed, after a warning and a backup     24h
  DBMAKER_BACKUP_RETENTION_DAYS     how long final backups are kept                  7
  DBMAKER_BACKUP_RESERVE_MB         of the home's disk, left free by backups         1 %, at most 1024
  DBMAKER_WEBHOOK_ALLOW             private addresses that webhooks may lead to      none
  DBMAKER_AUDIT_DAYS                how long it is kept who did what                 365
  DBMAKER_TRUSTED_PROXIES           proxies whose X-Forwarded-For is believed        none
  DBMAKER_LOG_LEVEL                 trace, debug, info, warn, error, fatal, silent   info
`;

const known = ['--help', '-h', '--setup-only'];
const unknown = process.argv.slice(2).filter((argument) => !known.includes(argument));
if (unknown.length > 0) fail(`Unknown option ${unknown[0]}.`, 'npm start -- --help');
if (process.argv.some((argument) => argument === '--help' || argument === '-h')) {
  console.log(HELP);
  process.exit(0);
}
if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE) {
  fail(`This is Node.js ${process.versions.node}; it takes ${OLDEST_NODE} or newer to set up DbMaker (which then brings its own).`, 'install a newer Node.js, see https://nodejs.org');
}
if (!['linux', 'darwin'].includes(process.platform) || !['x64', 'arm64'].includes(process.arch)) {
  fail(`DbMaker runs on Linux (and, with Docker, macOS) on x64 or arm64; this is ${process.platform} on ${process.arch}.`, 'use such a machine, or WSL 2 on Windows');
}

// Only now: older Node.js could not even read these.
const { ensureDependencies, printError } = await import('./setup/index.mjs');
const { ensureEngines } = await import('./setup/engines.mjs');
const { tryConsole } = await import('./setup/console.mjs');
const { becomeServer } = await import('./setup/become-server.mjs');
try {
  await ensureDependencies(ROOT);
  if (/all|workers/.test(process.env.DBMAKER_PARTS || 'all')) await ensureEngines(ROOT, process.env.DBMAKER_RUNTIME);
  if (/all|api/.test(process.env.DBMAKER_PARTS || 'all')) await tryConsole(ROOT);
  if (process.argv.includes('--setup-only')) process.exit(0);
  becomeServer(ROOT);
} catch (error) {
  printError(error);
  process.exit(1);
}

function fail(message, remedy) {
  console.error(`${message}\nWhat to do: ${remedy}`);
  process.exit(1);
}
