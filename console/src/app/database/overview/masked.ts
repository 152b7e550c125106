import type { Connection } from '../../api/types';

const DOTS = '••••••••';

/** The same with dots for the password, wherever it stands. */
export function masked(connection: Connection): Connection {
  const { password } = connection;
  const hide = (text: string): string => (password === '' ? text : text.replaceAll(password, DOTS).replaceAll(encodeURIComponent(password), DOTS));
  return {
    ...connection,
    password: DOTS,
    connectionString: hide(connection.connectionString),
    clients: Object.fromEntries(Object.entries(connection.clients).map(([client, text]) => [client, hide(text)])),
  };
}
