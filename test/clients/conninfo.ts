import type { Target } from './client.ts';

/** libpq's, without the password. */
export function conninfo({ hostname, address, port, username, database, tls, ca, options, settings = {} }: Target): string {
  const all: Target['settings'] = {
    host: hostname, hostaddr: address, port: String(port), user: username, dbname: database, connect_timeout: '40', options,
    ...(tls === 'off' ? { sslmode: 'disable' } : { sslmode: 'verify-full', sslrootcert: ca }), ...settings,
  };
  return Object.entries(all).map(([name, value]) => (value === undefined ? '' : `${name}='${value.replaceAll(/[\\']/g, '\\$&')}'`)).join(' ');
}
