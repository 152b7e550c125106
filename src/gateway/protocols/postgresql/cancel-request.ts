/** The code that stands in the place of a protocol version. */
export const CANCEL_REQUEST = 80877102;

/**
 * CancelRequest: int32 length | int32 code | int32 process id | key (4 to 256 bytes). A connection of its own carries it, and nothing answers.
 * https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
export function encodeCancelRequest(processId: number, key: Buffer): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt32BE(12 + key.length, 0);
  head.writeUInt32BE(CANCEL_REQUEST, 4);
  head.writeInt32BE(processId, 8);
  return Buffer.concat([head, key]);
}
