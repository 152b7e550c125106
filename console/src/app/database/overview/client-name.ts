const NAMES: Readonly<Record<string, string>> = {
  uri: 'URI', psql: 'psql', 'psql-tls': $localize`psql over TLS`, 'redis-cli': 'redis-cli', 'redis-cli-tls': $localize`redis-cli over TLS`,
  node: 'Node.js', python: 'Python', jdbc: 'JDBC', dotnet: '.NET', go: 'Go', prisma: 'Prisma', env: '.env',
};

/** As people call it; one that a newer server knows, by its key. */
export function clientName(key: string): string {
  return NAMES[key] ?? key;
}
