import type { IncomingMessage, ServerResponse } from 'node:http';
import { asDbmakerError, DbmakerError } from '../../../domain/errors.ts';
import { hasBody } from './headers.ts';
import { refuse } from './refusal.ts';
import { relay } from './relay.ts';
import { sendOn } from './upstream.ts';
import type { Visitor } from './visitor.ts';

/** Serves one ordinary request. Resolves when its answer is over, or the client is gone. Never rejects. */
export async function forward(visitor: Visitor, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (response.closed || response.socket === null) return; // left, or the answer before was the last of this connection
  const over = new Promise<void>((resolve) => void response.once('close', resolve));
  try {
    const { sent } = await sendOn(visitor, request);
    response.once('close', () => sent.destroy());
    const answered = answerTo(visitor, request, response, sent);
    if (hasBody(request)) sent.flushHeaders(); // the instance may have something to say before the body comes
    request.pipe(sent);
    await answered;
  } catch (error) {
    refuse(visitor.session, response, error, request);
  }
  await over;
}

function answerTo(visitor: Visitor, request: IncomingMessage, response: ServerResponse, sent: Awaited<ReturnType<typeof sendOn>>['sent']): Promise<void> {
  return new Promise((resolve, reject) => {
    if (response.closed) sent.destroy();
    if (request.headers.expect !== undefined) sent.once('continue', () => response.writeContinue()); // once: an instance could say it for ever
    sent.on('response', (answer) => {
      if (visitor.draining()) response.shouldKeepAlive = false;
      // An answer may come before the body was all sent: what is left of that has to be read away, or no other request gets through.
      response.once('finish', () => {
        request.unpipe(sent);
        request.resume();
      });
      try {
        relay(visitor.session, answer, response);
        resolve();
      } catch (error) {
        sent.destroy();
        reject(asDbmakerError(error, 'internal', ''));
      }
    });
    // After the answer has begun these two tell nothing new: whether all of it came, the answer tells itself.
    const unanswered = (cause?: Error): void => reject(new DbmakerError('endpoint_unreachable', 'The service ended the connection before it had answered.', { cause }));
    sent.on('error', unanswered).on('close', () => unanswered());
    sent.on('upgrade', (_answer, instance) => { // to who did not ask for it
      instance.destroy();
      unanswered();
    });
  });
}
