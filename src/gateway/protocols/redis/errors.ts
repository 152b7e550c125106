const MAX_CHARACTERS = 1000;

/**
 * A simple error of RESP, one line: `-CODE text\r\n`. Clients look at the first word (ERR, NOAUTH, WRONGPASS, ...); line ends and zeros in the
 * text become spaces, as in addReplyErrorFormat of Redis, and it is cut at 1,000 characters.
 * https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors
 */
export function encodeError(code: string, text: string): Buffer {
  return Buffer.from(`-${code} ${text.replaceAll(/[\r\n\0]+/g, ' ').slice(0, MAX_CHARACTERS)}\r\n`);
}
