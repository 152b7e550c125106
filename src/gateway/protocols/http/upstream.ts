import { request as httpRequest, type ClientRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { DbmakerError } from '../../../domain/errors.ts';
import type { InstanceRoute } from '../../../domain/instance/route.ts';
import type { Session } from '../../session.ts';
import { requestHeaders } from './headers.ts';
import { readTarget } from './request-target.ts';
import type { Visitor } from './visitor.ts';

const MAX_ANSWER_HEAD_BYTES = 64 * 1024;

/** A request on its way to an instance, on a connection of its own. */
export interface Upstream {
  /** Its body is for the caller to send, and `destroy` to call when it is no longer wanted. */
  readonly sent: ClientRequest;
  /** From here on bytes to the instance are counted by `piped`: it writes past the socket that counts otherwise. */
  readonly countBy: (piped: { readonly bytesIn: number }) => void;
}

/**
 * Finds the instance that a request is for, wakes it if need be, and begins the same request there.
 * @param more headers in addition
 * @throws DbmakerError invalid_request, unsupported, not_found, not_running and whatever else keeps it from being served: nothing is held then
 */
export async function sendOn({ session, fixed }: Visitor, request: IncomingMessage, more: OutgoingHttpHeaders = {}): Promise<Upstream> {
  const { host, path } = readTarget(request);
  const route = fixed ?? byHost(session, host);
  const headers = { ...requestHeaders(session, request, host ?? `${route.slug}.${session.shared.ports.settings.domain}`), ...more };
  const release = session.admit(route);
  let instance: Socket;
  try {
    instance = await session.open(route);
  } catch (error) {
    release();
    throw error;
  }
  instance.once('close', release);
  session.stopDeadline(); // answers may take as long as they take
  try {
    const sent = httpRequest({ createConnection: () => instance, method: request.method, path, setHost: false, maxHeaderSize: MAX_ANSWER_HEAD_BYTES, headers });
    let bytesIn = (): number => instance.bytesWritten;
    const counted = { get bytesIn() { return bytesIn(); }, get bytesOut() { return instance.bytesRead; } };
    instance.once('close', session.established(route, fixed === null ? 'host' : 'port', counted));
    return {
      sent,
      countBy: (piped) => {
        const before = instance.bytesWritten;
        bytesIn = () => before + piped.bytesIn;
      },
    };
  } catch (error) {
    instance.destroy();
    throw error;
  }
}

function byHost(session: Session, host: string | null): InstanceRoute {
  const { domain } = session.shared.ports.settings;
  const label = session.labelOf((host ?? '').replace(/:\d*$/, ''));
  if (label === null) throw new DbmakerError('not_found', 'The request does not say which service it is for.', { remedy: `The Host header has to be a name that ends in .${domain}.` });
  return session.lookUp(label, 'http');
}
