import type { EngineName } from '../domain/template/template.ts';

/** Where and as whom a client logs in. */
export interface Login {
  readonly host: string;
  readonly port: number;
  /** Whether TLS is to be spoken there. */
  readonly tls: boolean;
  readonly hostname: string;
  /** By name, over TLS; null: no port is open for it. */
  readonly byName: { readonly host: string; readonly port: number } | null;
  /** To connect to where the name cannot be resolved; null: it can. */
  readonly address: string | null;
  /** Whether clients know the authority of the certificate by themselves; else its file has to be given. */
  readonly trusted: boolean;
  readonly username: string;
  readonly password: string;
  readonly database: string;
  readonly uri: string;
}

/** As it is called when it is downloaded from /api/certificate-authority. */
const CA_FILE = 'dbmaker-ca.pem';

/**
 * Ready to paste, per client. Passwords are letters and digits only and names are labels, so nothing here needs quoting; URLs are encoded all the same.
 * Those that end in `-tls` go by hostname, also where the first ones cannot.
 */
export function clientStrings(engine: EngineName, login: Login): Record<string, string> {
  switch (engine) {
    case 'postgresql': return postgresql(login);
    case 'redis': return redis(login);
    case 'generic': return { uri: login.uri, env: assignment('DATABASE_URL', login.uri) };
  }
}

/** For a shell and for a .env file. */
function assignment(name: string, value: string): string {
  return /^[\w:/@.,%+=~?-]*$/.test(value) ? `${name}=${value}` : `${name}='${value}'`;
}

function withParameters(uri: string, parameters: string): string {
  return `${uri}${uri.includes('?') ? '&' : '?'}${parameters}`;
}

function postgresql(login: Login): Record<string, string> {
  const { host, port, tls, trusted, username, password, database, uri, byName, address } = login;
  const [user, secret, name] = [username, password, database].map(encodeURIComponent) as [string, string, string];
  // libpq before 16 knows no authorities by itself; what is not libpq does.
  const libpq = tls ? withParameters(uri, trusted ? 'sslmode=require' : `sslmode=verify-full&sslrootcert=${CA_FILE}`) : uri;
  const go = tls && trusted ? withParameters(uri, 'sslmode=verify-full') : libpq;
  const node = tls ? `new pg.Client({ connectionString: '${uri}', ssl: ${trusted ? 'true' : `{ ca: fs.readFileSync('${CA_FILE}', 'utf8') }`} })` : `new pg.Client({ connectionString: '${uri}' })`;
  const jdbcTls = tls ? `&sslmode=verify-full${trusted ? '&sslfactory=org.postgresql.ssl.DefaultJavaSSLFactory' : `&sslrootcert=${CA_FILE}`}` : '';
  const dotnetTls = tls ? `;SSL Mode=VerifyFull${trusted ? '' : `;Root Certificate=${CA_FILE}`}` : '';
  return {
    uri: libpq,
    psql: `psql '${libpq}'`,
    node,
    python: `psycopg.connect('${libpq}')`,
    jdbc: `jdbc:postgresql://${host}:${String(port)}/${name}?user=${user}&password=${secret}${jdbcTls}`,
    dotnet: `Host=${host};Port=${String(port)};Username=${username};Password=${password};Database=${database}${dotnetTls}`,
    go: `pgx.Connect(ctx, "${go}")`,
    prisma: `DATABASE_URL="${tls ? withParameters(uri, `sslmode=require&sslaccept=strict${trusted ? '' : `&sslcert=../${CA_FILE}`}`) : uri}"`, // Prisma looks from its folder prisma/
    env: assignment('DATABASE_URL', libpq),
    ...(byName === null || byName.host === host ? {} : {
      'psql-tls': `psql 'postgresql://${user}:${secret}@${byName.host}:${String(byName.port)}/${name}?sslmode=${trusted ? 'require' : `verify-full&sslrootcert=${CA_FILE}`}${address === null ? '' : `&hostaddr=${address}`}'`,
    }),
  };
}

function redis(login: Login): Record<string, string> {
  const { host, port, tls, trusted, hostname, username, password, database, byName, address } = login;
  const [user, secret] = [username, password].map(encodeURIComponent) as [string, string];
  const uri = `${tls ? 'rediss' : 'redis'}://${user}:${secret}@${host}:${String(port)}/${database}`;
  const ca = trusted ? '' : ` --cacert ${CA_FILE}`;
  const options = `${host}:${String(port)},user=${username},password=${password},defaultDatabase=${database}${tls ? `,ssl=true,sslHost=${hostname}` : ''}`;
  const caFile = `fs.readFileSync('${CA_FILE}', 'utf8')`;
  return {
    uri,
    'redis-cli': tls ? `redis-cli -u '${uri}' --sni ${hostname}${ca}` : `redis-cli -u '${uri}'`,
    node: tls ? `new Redis('${uri}', { tls: { servername: '${hostname}'${trusted ? '' : `, ca: ${caFile}`} } })` : `new Redis('${uri}')`,
    python: tls ? `redis.from_url('${uri}', ssl_check_hostname=True${trusted ? '' : `, ssl_ca_certs='${CA_FILE}'`})` : `redis.from_url('${uri}')`,
    jdbc: `jdbc:redis://${user}:${secret}@${host}:${String(port)}/${database}${tls ? '?ssl=true' : ''}`,
    dotnet: tls && !trusted ? dotnetWithAuthority(options) : options,
    go: tls && !trusted ? goWithAuthority(uri) : `redis.ParseURL("${uri}")`,
    env: assignment('REDIS_URL', uri),
    ...(byName === null || byName.host === host ? {} : {
      'redis-cli-tls': `redis-cli -h ${address ?? hostname} -p ${String(byName.port)} --tls --sni ${hostname}${ca} --user ${username} --pass ${password}`,
    }),
  };
}

/** Options of StackExchange.Redis as a text cannot name the authority. */
function dotnetWithAuthority(options: string): string {
  return [`var options = ConfigurationOptions.Parse("${options}");`, `options.TrustIssuer("${CA_FILE}");`, 'var redis = ConnectionMultiplexer.Connect(options);'].join('\n');
}

/** A URL of go-redis cannot name the authority. */
function goWithAuthority(uri: string): string {
  return [
    `options, err := redis.ParseURL("${uri}")`,
    `authority, err := os.ReadFile("${CA_FILE}")`,
    'options.TLSConfig.RootCAs = x509.NewCertPool()',
    'options.TLSConfig.RootCAs.AppendCertsFromPEM(authority)',
  ].join('\n');
}
