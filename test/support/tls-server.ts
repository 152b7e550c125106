import { once } from 'node:events';
import net from 'node:net';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { SecureContext } from 'node:tls';

export interface TlsServer extends AsyncDisposable {
  readonly port: number;
}

/** What {@link startTlsServer} answers inside TLS: who sees it has accepted the certificate. */
export const INSIDE = 'inside TLS';
const POSTGRESQL_ERROR = Buffer.from(`SFATAL\0C28000\0M${INSIDE}\0\0`);

/**
 * Ends TLS with a certificate and does nothing else: PostgreSQL's clients (SSLRequest, or TLS at once) get an ErrorResponse, Redis' an
 * error to each command, HTTP's a page, and everybody else their bytes back. `context` is asked for every connection.
 */
export async function startTlsServer(context: () => SecureContext): Promise<TlsServer> {
  const open = new Set<Socket>();
  const server = net.createServer((socket) => {
    open.add(socket);
    socket.on('error', () => undefined).on('close', () => open.delete(socket)).once('data', (first: Buffer) => {
      socket.pause();
      if (first[0] === 0x16) socket.unshift(first);
      else socket.write('S');
      const secure = new TLSSocket(socket, { isServer: true, secureContext: context() });
      secure.on('error', () => undefined).once('data', (data: Buffer) => answer(secure, data));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as net.AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => void server.close(resolve));
    },
  };
}

function answer(socket: TLSSocket, data: Buffer): void {
  if (data[0] === 0) {
    const head = Buffer.from('E\0\0\0\0');
    head.writeInt32BE(POSTGRESQL_ERROR.length + 4, 1);
    socket.end(Buffer.concat([head, POSTGRESQL_ERROR]));
  } else if (data[0] === 0x2a) {
    const refuse = (commands: Buffer): void => void socket.write(`-ERR ${INSIDE}\r\n`.repeat(commands.toString('latin1').match(/^\*/gm)?.length ?? 0));
    refuse(data);
    socket.on('data', refuse);
  } else if (data.toString('latin1').startsWith('GET ')) {
    socket.end(`HTTP/1.0 200 OK\r\n\r\n${INSIDE}\n`);
  } else {
    socket.write(data);
    socket.pipe(socket);
  }
}
