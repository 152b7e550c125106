import type { Version } from './preamble.ts';

/**
 * StartupMessage: int32 length | int16 major | int16 minor | (name 0 value 0)* | 0. Byte for byte what readPreamble read, where no name came
 * twice. Texts are latin1, one character a byte, and hold no zero.
 * https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
export function encodeStartup({ major, minor }: Version, parameters: ReadonlyMap<string, string>): Buffer {
  const pairs = [...parameters].map(([name, value]) => `${name}\0${value}\0`).join('');
  const rest = Buffer.from(`${pairs}\0`, 'latin1');
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + rest.length, 0);
  head.writeUInt16BE(major, 4);
  head.writeUInt16BE(minor, 6);
  return Buffer.concat([head, rest]);
}
