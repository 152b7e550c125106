/** A client of PostgreSQL by hand: every byte is a test's own. */
import { once } from 'node:events';
import { connect as dial, type Socket } from 'node:net';
import { connect as dialTls } from 'node:tls';

export interface Answered {
  readonly type: string;
  readonly body: Buffer;
}

export const SSL_REQUEST = packet(80877103);
export const GSS_REQUEST = packet(80877104);

/** Length, code, rest. */
export function packet(code: number, rest: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + rest.length, 0);
  head.writeUInt32BE(code, 4);
  return Buffer.concat([head, rest]);
}

export function startup(parameters: Readonly<Record<string, string>>, version = 196608): Buffer {
  const text = Object.entries(parameters).map(([name, value]) => `${name}\0${value}\0`).join('');
  return packet(version, Buffer.from(`${text}\0`));
}

export function cancelRequest(processId: number, key: Buffer): Buffer {
  const id = Buffer.alloc(4);
  id.writeInt32BE(processId, 0);
  return packet(80877102, Buffer.concat([id, key]));
}

export async function dialPlain(port: number, localAddress?: string): Promise<Socket> {
  const socket = dial({ port, host: '127.0.0.1', ...(localAddress === undefined ? {} : { localAddress }) }).on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** SSLRequest, its answer, TLS. @throws Error when the answer is not `S` */
export async function dialSecure(port: number, servername: string | undefined, ca: string, options: { direct?: boolean; alpn?: string[] } = {}): Promise<Socket> {
  const socket = await dialPlain(port);
  if (options.direct !== true) {
    socket.write(SSL_REQUEST);
    const answer = await readBytes(socket, 1);
    if (answer.toString() !== 'S') throw new Error(`SSLRequest was answered with ${answer.toString('hex')}`);
  }
  const secure = dialTls({ socket, ca, ...(servername === undefined ? { checkServerIdentity: () => undefined } : { servername }), ALPNProtocols: options.alpn ?? (options.direct === true ? ['postgresql'] : []) });
  secure.on('error', () => undefined);
  await once(secure, 'secureConnect');
  return secure;
}

/** Exactly so many bytes; what came beyond is put back. @throws Error at the end of the stream */
export async function readBytes(socket: Socket, count: number): Promise<Buffer> {
  for (;;) {
    const bytes = socket.read(count) as Buffer | null;
    if (bytes !== null && bytes.length >= count) return bytes;
    if (bytes !== null) throw new Error(`the connection ended after ${bytes.length} of ${count} bytes`);
    if (socket.readableEnded || socket.destroyed) throw new Error(`the connection ended before ${count} bytes`);
    await Promise.race([once(socket, 'readable'), once(socket, 'end'), once(socket, 'close')]);
  }
}

export async function readMessage(socket: Socket): Promise<Answered> {
  const head = await readBytes(socket, 5);
  const length = head.readInt32BE(1) - 4;
  return { type: head.toString('latin1', 0, 1), body: length > 0 ? await readBytes(socket, length) : Buffer.alloc(0) };
}

/** The fields of the ErrorResponse that has to come: C (SQLSTATE), M (message), H (hint). */
export async function readError(socket: Socket): Promise<Record<string, string>> {
  const { type, body } = await readMessage(socket);
  if (type !== 'E') throw new Error(`an ErrorResponse was expected, ${type} came`);
  return Object.fromEntries(body.toString().split('\0').filter(Boolean).map((field) => [field.slice(0, 1), field.slice(1)]));
}
