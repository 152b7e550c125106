import type { Instance } from '../domain/instance/instance.ts';
import { fillVariables } from '../domain/template/variables.ts';
import { phaseOf } from './present.ts';
import type { ConnectionView } from './schemas/instance.ts';

/** Where and as whom a client logs in. */
interface Login {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly database: string;
  readonly uri: string;
}

/**
 * Everything that a client needs, as ready strings. In this slice every database is reached by its own port; without a domain that is set up
 * (`localhost`) its hostname is not known to every resolver, so the address is given.
 */
export function connectionView(instance: Instance, password: string, domain: string): ConnectionView {
  const hostname = `${instance.slug}.${domain}`;
  const host = domain === 'localhost' ? '127.0.0.1' : hostname;
  const { port, spec: { username, database, template } } = instance;
  const uri = fillVariables(template.connectionStringTemplate, {
    username, password, generated_password: password, subdomain: host, hostname, port: String(port), database, slug: instance.slug, name: instance.name, id: instance.id,
  }, encodeURIComponent);
  return {
    status: phaseOf(instance),
    host,
    port,
    directHost: host,
    directPort: port,
    username,
    password,
    database,
    connectionString: uri,
    clients: clientStrings(instance.engine, { host, port, username, password, database, uri }),
  };
}

/** Passwords are letters and digits only and names are labels, so nothing here needs quoting; URLs are encoded all the same. */
function clientStrings(engine: Instance['engine'], login: Login): Record<string, string> {
  const { host, port, username, password, database, uri } = login;
  switch (engine) {
    case 'postgresql': return {
      uri,
      psql: `psql '${uri}'`,
      node: `new pg.Client({ connectionString: '${uri}' })`,
      python: `psycopg.connect('${uri}')`,
      jdbc: `jdbc:postgresql://${host}:${String(port)}/${encodeURIComponent(database)}?user=${encodeURIComponent(username)}&password=${encodeURIComponent(password)}`,
      dotnet: `Host=${host};Port=${String(port)};Username=${username};Password=${password};Database=${database}`,
      go: `pgx.Connect(ctx, "${uri}")`,
      env: `DATABASE_URL=${uri}`,
    };
    case 'redis': return {
      uri,
      'redis-cli': `redis-cli -u '${uri}'`,
      node: `new Redis('${uri}')`,
      python: `redis.from_url('${uri}')`,
      jdbc: `jdbc:redis://${encodeURIComponent(username)}:${encodeURIComponent(password)}@${host}:${String(port)}/${database}`,
      dotnet: `${host}:${String(port)},user=${username},password=${password},defaultDatabase=${database}`,
      go: `redis.ParseURL("${uri}")`,
      env: `REDIS_URL=${uri}`,
    };
    case 'generic': return { uri, env: `DATABASE_URL=${uri}` };
  }
}
