import type { Instance } from '../domain/instance/instance.ts';
import { routeOf } from '../domain/instance/route.ts';
import { fillVariables } from '../domain/template/variables.ts';
import { clientStrings } from './client-strings.ts';
import type { ApiConfig } from './dependencies.ts';
import { phaseOf } from './present.ts';
import type { ConnectionView } from './schemas/instance.ts';

/** In the place of a password that is not shown. */
const DOTS = '••••••••';
/** Letters only: it stands in strings as it is, quoted or encoded, and is found there again. */
const PLACEHOLDER = 'dbmakershowsnopasswordhere';

/** Where no domain was set up (RFC 6761), names below it are known to some resolvers only. */
const LOCAL = /(^|\.)localhost$/;
const LOOPBACK = '127.0.0.1';

/**
 * Everything that a client needs, as ready strings. A database is reached by its hostname over TLS on the port that all of its kind share, and
 * by its own port with or without. What is given first is what works everywhere: without a domain that is the address and the own port.
 */
export function connectionView(instance: Instance, password: string, { domain, gateway }: Pick<ApiConfig, 'domain' | 'gateway'>): ConnectionView {
  const hostname = `${instance.slug}.${domain}`;
  const { protocol } = routeOf(instance);
  const hostnamePort = { postgresql: gateway.postgresqlPort, redis: gateway.redisPort, http: gateway.tlsPort, tcp: gateway.tlsPort }[protocol];
  const named = !LOCAL.test(domain);
  const direct = { host: named ? hostname : LOOPBACK, port: instance.port };
  const byName = hostnamePort === null ? null : { host: hostname, port: hostnamePort };
  const first = named && byName !== null ? byName : direct;
  const { username, database, template } = instance.spec;
  const tls = first === byName || instance.spec.access.tlsOnly;
  const filled = fillVariables(template.connectionStringTemplate, {
    username, password, generated_password: password, subdomain: first.host, hostname, port: String(first.port), database, slug: instance.slug, name: instance.name, id: instance.id,
  }, encodeURIComponent);
  const uri = tls ? filled.replace(/^redis:/, 'rediss:') : filled; // the one scheme that says itself whether TLS is spoken
  return {
    status: phaseOf(instance),
    host: first.host,
    port: first.port,
    hostname,
    hostnamePort,
    directHost: direct.host,
    directPort: direct.port,
    username,
    password,
    database,
    connectionString: uri,
    clients: clientStrings(instance.engine, {
      ...first, tls, hostname, byName, address: named ? null : LOOPBACK, trusted: gateway.certificateAuthority === null, username, password, database, uri,
    }),
  };
}

/** The same with dots for the password, wherever it stands. */
export function hiddenConnection(instance: Instance, config: Pick<ApiConfig, 'domain' | 'gateway'>): ConnectionView {
  const view = connectionView(instance, PLACEHOLDER, config);
  const hide = (text: string): string => text.replaceAll(PLACEHOLDER, DOTS);
  return {
    ...view,
    password: DOTS,
    connectionString: hide(view.connectionString),
    clients: Object.fromEntries(Object.entries(view.clients).map(([client, text]) => [client, hide(text)])),
  };
}
