import { asDbmakerError, DbmakerError } from '../../domain/errors.ts';
import type { Session } from '../session.ts';
import { guessProtocol } from './first-bytes.ts';
import type { HttpProxy } from './http/serve.ts';
import type { Cancels } from './postgresql/cancels.ts';
import { servePostgresql } from './postgresql/serve.ts';
import { serveRedis } from './redis/serve.ts';
import { serveTcp } from './tcp/serve.ts';

export interface SharedDoor {
  readonly cancels: Cancels;
  readonly http: HttpProxy;
}

const NOTHING = Buffer.alloc(0);

/** The third shared port: any protocol inside TLS, by the name in it, and plain HTTP by its Host header. Never rejects. */
export async function serveShared(session: Session, { cancels, http }: SharedDoor): Promise<void> {
  try {
    if ((await firstBytes(session)) === 'http') return http.serve(session, null);
    await session.secure((offered, servername) => chooseFor(session, offered, servername));
    const { label } = session;
    if (label === null) throw new DbmakerError('not_found', 'The client sent no server name (SNI) of ours.');
    const route = session.lookUp(label, null);
    switch (route.protocol) {
      case 'postgresql': return await servePostgresql(session, { found: { route, routedBy: 'sni' }, cancels });
      case 'redis': return await serveRedis(session, { route, routedBy: 'sni' });
      case 'http': return http.serve(session, null); // each request by its own Host: browsers use one connection for several
      case 'tcp': return await serveTcp(session, route, 'sni');
    }
  } catch (thrown) {
    session.failed(asDbmakerError(thrown));
    session.farewell(NOTHING); // words would have to be in a protocol, and it is not known which
  }
}

async function firstBytes(session: Session): Promise<'http' | 'tls'> {
  for (;;) {
    const guess = guessProtocol(session.wire.bytes);
    if (guess === 'tls' || guess === 'http') return guess;
    if (guess !== 'incomplete') throw new DbmakerError('invalid_request', 'This port takes TLS and HTTP only.');
    await session.more();
  }
}

/** We speak HTTP/1.1 ourselves; of any other protocol the instance knows more than we do. */
function chooseFor(session: Session, offered: readonly string[], servername: string): string | undefined {
  const label = session.labelOf(servername);
  const protocol = label === null ? undefined : session.shared.table.find(label)?.protocol;
  return protocol === 'http' ? offered.find((name) => name === 'http/1.1') : offered[0];
}
