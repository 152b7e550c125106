export interface ErrorFields {
  readonly severity: 'FATAL' | 'ERROR';
  /** SQLSTATE. */
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** In characters. Before a login libpq takes no ErrorResponse beyond 30,000 bytes (MAX_ERRLEN), and a character has three at most. */
const MAX_TEXT = 4000;

/**
 * ErrorResponse: 'E' | int32 length | (byte field, text, 0)* | 0; S severity, V the same untranslated, C SQLSTATE, M message, H hint.
 * Texts are cut at 4,000 characters, zeros are left out.
 * https://www.postgresql.org/docs/current/protocol-error-fields.html
 */
export function encodeErrorResponse({ severity, code, message, hint }: ErrorFields): Buffer {
  const fields = { S: severity, V: severity, C: code, M: message, ...(hint === undefined ? {} : { H: hint }) };
  const body = Buffer.from(`${Object.entries(fields).map(([field, text]) => `${field}${text.replaceAll('\0', '').slice(0, MAX_TEXT)}\0`).join('')}\0`);
  const head = Buffer.alloc(5);
  head.write('E', 0, 'latin1');
  head.writeUInt32BE(4 + body.length, 1);
  return Buffer.concat([head, body]);
}
