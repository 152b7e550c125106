import { ApiError, UNREACHABLE } from './api-error';

/** After so many milliseconds it is asked again: a server that is restarted is back by then. */
const AGAIN_MS = [500, 1000, 2000, 4000] as const;
/** Of a proxy before a server that is away. */
const NOBODY_BEHIND: readonly number[] = [502, 503, 504];

/**
 * Asks by `send`, and again by itself while the server is away, so that a page that is opened just then comes without its reader's help.
 * Only what reads: whether something else was done nobody knows.
 * @throws what `send` throws in the end
 */
export async function patiently(request: Request, send: (request: Request) => Promise<Response>): Promise<Response> {
  if (request.method !== 'GET') return send(request);
  for (const ms of AGAIN_MS) {
    const response = await send(request.clone()).catch(nullWhileAway);
    if (response !== null && !NOBODY_BEHIND.includes(response.status)) return response;
    await new Promise((resolve) => setTimeout(resolve, ms));
    request.signal.throwIfAborted();
  }
  return send(request);
}

function nullWhileAway(error: unknown): null {
  if (error instanceof ApiError && error.code === UNREACHABLE) return null;
  throw error;
}
