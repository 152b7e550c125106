import type { IncomingMessage, ServerResponse } from 'node:http';
import { TLSSocket } from 'node:tls';
import { DbmakerError } from '../../../domain/errors.ts';
import type { Session } from '../../session.ts';
import { passedOn } from './headers.ts';

/**
 * Passes an instance's answer on, framed anew. If the instance fails in the middle of it, the client's connection is cut: it must not take
 * what it has for the whole.
 * @throws DbmakerError endpoint_unreachable: the head of the answer cannot be repeated; nothing was sent then
 */
export function relay(session: Session, answer: IncomingMessage, response: ServerResponse): void {
  answer.on('error', (error) => {
    if (!session.wire.socket.destroyed) session.failed(new DbmakerError('endpoint_unreachable', 'The service ended the connection in the middle of its answer.', { cause: error }));
    cut(response);
  });
  try {
    response.writeHead(answer.statusCode ?? 0, answer.statusMessage, passedOn(answer));
  } catch (error) { // Node reads more (status 000, control characters) than it writes
    throw new DbmakerError('endpoint_unreachable', 'The service gave an answer that is not HTTP.', { cause: error });
  }
  answer.pipe(response);
}

/** To an old client (HTTP/1.0) the end of the connection is the end of the answer, unless it is a reset. In TLS the missing goodbye tells. */
function cut(response: ServerResponse): void {
  const { socket } = response;
  if (socket !== null && !(socket instanceof TLSSocket) && response.req.httpVersion === '1.0') socket.resetAndDestroy();
  else response.destroy();
}
