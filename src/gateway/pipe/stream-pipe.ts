import type { Socket } from 'node:net';
import type { Piped, ReadAhead } from './piped.ts';

/** By Node's own streams: what is left where {@link rawPipe} cannot be had. About a fifth slower. */
export function streamPipe(client: Socket, instance: Socket, ahead: ReadAhead): Piped {
  const counted = { fast: false, bytesIn: ahead.fromClient.length, bytesOut: ahead.fromInstance.length };
  client.on('data', (chunk: Buffer) => { counted.bytesIn += chunk.length; });
  instance.on('data', (chunk: Buffer) => { counted.bytesOut += chunk.length; });
  join(client, instance, ahead.fromClient);
  join(instance, client, ahead.fromInstance);
  return counted;
}

function join(from: Socket, to: Socket, ahead: Buffer): void {
  if (ahead.length > 0) to.write(ahead);
  if (from.readableEnded) to.end();
  else from.pipe(to);
}
