import path from 'node:path';
import type { Person, NewInstance } from '../support/person.ts';
import type { TestServer } from '../support/server.ts';
import type { Target } from './client.ts';

export interface Targets {
  readonly id: string;
  /** The shared port, in TLS, by name. */
  readonly byName: Target;
  /** Its own port, in plain text. */
  readonly direct: Target;
}

/** Creates a database and tells how it is reached. */
export async function makeTargets(server: TestServer, person: Person, template: 'postgresql' | 'redis', wish: Omit<NewInstance, 'template'>): Promise<Targets> {
  const { id, hostname } = await person.create({ template, ...wish, ...(template === 'redis' ? { resources: { memory: '512MB' } } : {}) } as NewInstance);
  const { username, password, database, directPort } = await person.connection(id);
  const login = { hostname, address: '127.0.0.1', username, password, database, ca: path.join(server.home, 'certificates', 'ca.pem') };
  return { id, byName: { ...login, port: server.gateway[template], tls: 'verify' }, direct: { ...login, port: directPort, tls: 'off' } };
}
