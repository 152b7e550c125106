import type { FastifyReply } from 'fastify';

/**
 * Calls `over` when the answer has ended, or its client has left. At once where they left before, while it was looked who they are: no event follows
 * then, and what waits for one would wait for good.
 */
export function onAnswerEnd({ raw: response, request }: FastifyReply, over: () => void): void {
  if (response.destroyed || request.raw.socket.destroyed) over();
  else response.once('close', over);
}
