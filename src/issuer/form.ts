import type { IncomingMessage } from 'node:http';
import { DbmakerError } from '../domain/errors.ts';

const LARGEST = 8 * 1024;

/** Members of a form that a browser has sent. @throws invalid_request, payload_too_large, unsupported_media_type */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  if (!/^application\/x-www-form-urlencoded\b/i.test(request.headers['content-type'] ?? '')) throw new DbmakerError('unsupported_media_type', 'This takes a form.');
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of request as AsyncIterable<Buffer>) {
      size += part.length;
      if (size > LARGEST) throw new DbmakerError('payload_too_large', 'The form is too large.');
      parts.push(part);
    }
  } catch (error) {
    if (error instanceof DbmakerError) throw error;
    throw new DbmakerError('invalid_request', 'The form did not come through.', { cause: error });
  }
  return new URLSearchParams(Buffer.concat(parts).toString('utf8'));
}
