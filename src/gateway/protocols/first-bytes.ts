export type Guess = 'tls' | 'http' | 'postgresql' | 'redis' | 'unknown' | 'incomplete';

const [TLS_HANDSHAKE, TLS_MAJOR, ASTERISK] = [0x16, 3, 0x2a];
/** Of RFC 9110 and 5789, and the preface of HTTP/2. */
const METHODS = ['GET ', 'HEAD ', 'POST ', 'PUT ', 'PATCH ', 'DELETE ', 'OPTIONS ', 'TRACE ', 'CONNECT ', 'PRI '];
const [MIN_PACKET, MAX_PACKET] = [8, 10_000];
/** High half of a code of PostgreSQL: protocol 3.x, or one of its requests (1234.5677 and up). */
const MAJORS: readonly number[] = [3, 1234];

/** Whether a client begins with TLS; null: one more byte tells. */
export function beginsWithTls(bytes: Buffer): boolean | null {
  if (bytes.length === 0 || (bytes.length === 1 && bytes[0] === TLS_HANDSHAKE)) return null;
  return bytes[0] === TLS_HANDSHAKE && bytes[1] === TLS_MAJOR;
}

/**
 * What a client speaks, by its first bytes; 8 are always enough, and each wrong one ends the wait.
 *   16 03           TLS: a handshake record of a version 3.x
 *   00 00 LL LL MM MM .. ..  PostgreSQL: a length of 8 to 10,000, then a code that it knows
 *   * and a digit   Redis: the array that every client library sends
 *   a method and a space  HTTP
 * A Redis command typed by hand is 'unknown', or 'http' if it is GET: no client library sends one.
 */
export function guessProtocol(bytes: Buffer): Guess {
  const [first, second] = [bytes[0], bytes[1]];
  switch (first) {
    case undefined: return 'incomplete';
    case TLS_HANDSHAKE: return beginsWithTls(bytes) === null ? 'incomplete' : beginsWithTls(bytes) === true ? 'tls' : 'unknown';
    case ASTERISK: return second === undefined ? 'incomplete' : second >= 0x30 && second <= 0x39 ? 'redis' : 'unknown';
    case 0: return guessPostgresql(bytes);
    default: return guessHttp(bytes.toString('latin1', 0, 8));
  }
}

function guessPostgresql(bytes: Buffer): Guess {
  if (bytes.length > 1 && bytes[1] !== 0) return 'unknown';
  if (bytes.length < 4) return 'incomplete';
  const length = bytes.readUInt32BE(0);
  if (length < MIN_PACKET || length > MAX_PACKET) return 'unknown';
  if (bytes.length < 6) return 'incomplete';
  return MAJORS.includes(bytes.readUInt16BE(4)) ? 'postgresql' : 'unknown';
}

function guessHttp(text: string): Guess {
  if (METHODS.some((method) => text.startsWith(method))) return 'http';
  return METHODS.some((method) => method.startsWith(text)) ? 'incomplete' : 'unknown';
}
