import { MAX_KEY_BYTES, MIN_KEY_BYTES } from './preamble.ts';

/**
 * What a backend sends: byte type | int32 length (itself included, the type not) | body.
 *   R Authentication..., S ParameterStatus, K BackendKeyData, Z ReadyForQuery, E ErrorResponse, N NoticeResponse, v NegotiateProtocolVersion
 * https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
export interface BackendMessage {
  /** One character. */
  readonly type: string;
  readonly body: Buffer;
  /** All of it. */
  readonly bytes: Buffer;
}

export interface KeyData {
  readonly processId: number;
  readonly key: Buffer;
}

const HEAD_BYTES = 5;
/** During a login nothing is longer; a backend that sends this is none. */
const MAX_LENGTH = 1024 * 1024;
const MIN_STORE_BYTES = 1024;

/**
 * Cuts what a backend sends into messages, in whatever pieces it comes. A message that came in one piece is not copied; pieces are gathered in
 * a store that doubles, so a byte is copied a few times at most and the memory held is a small multiple of what came.
 */
export class BackendReader {
  #problem: string | null = null;
  /** Unread: from #start to #end. */
  #store: Buffer = Buffer.alloc(0);
  #start = 0;
  #end = 0;
  /** Whether we made the store. Only then it is appended to, never over what was handed out. */
  #ours = false;

  /** Set once what came cannot be a backend's; nothing is read from then on. */
  get problem(): string | null {
    return this.#problem;
  }

  /** The chunk is kept, not copied: nobody may write to it any more. */
  push(chunk: Buffer): void {
    const unread = this.#end - this.#start;
    if (unread === 0) {
      this.#use(chunk, chunk.length, false);
      return;
    }
    if (!this.#ours || this.#end + chunk.length > this.#store.length) {
      const roomier = Buffer.allocUnsafe(Math.max(MIN_STORE_BYTES, 2 * (unread + chunk.length)));
      this.rest().copy(roomier);
      this.#use(roomier, unread, true);
    }
    chunk.copy(this.#store, this.#end);
    this.#end += chunk.length;
  }

  /** null: no whole message yet, or a problem. */
  next(): BackendMessage | null {
    if (this.#problem !== null || this.#end - this.#start < HEAD_BYTES) return null;
    const length = this.#store.readUInt32BE(this.#start + 1);
    if (length < 4 || length > MAX_LENGTH) {
      this.#problem = 'not a message of PostgreSQL';
      return null;
    }
    const end = this.#start + 1 + length;
    if (end > this.#end) return null;
    const bytes = this.#store.subarray(this.#start, end);
    this.#start = end;
    return { type: String.fromCharCode(bytes[0] ?? 0), body: bytes.subarray(HEAD_BYTES), bytes };
  }

  /** What was pushed and not read as a message. */
  rest(): Buffer {
    return this.#store.subarray(this.#start, this.#end);
  }

  #use(store: Buffer, end: number, ours: boolean): void {
    this.#store = store;
    this.#start = 0;
    this.#end = end;
    this.#ours = ours;
  }
}

/** Body of R: int32 code | what the method needs. 0 is AuthenticationOk. null: not well-formed. */
export function authenticationCode(body: Buffer): number | null {
  return body.length < 4 ? null : body.readInt32BE(0);
}

/** Body of K: int32 process id | key (4 to 256 bytes, copied). null: not well-formed. A backend need not send any. */
export function readKeyData(body: Buffer): KeyData | null {
  const length = body.length - 4;
  return length < MIN_KEY_BYTES || length > MAX_KEY_BYTES ? null : { processId: body.readInt32BE(0), key: Buffer.from(body.subarray(4)) };
}

/** The whole message. */
export function encodeKeyData(processId: number, key: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.write('K', 0, 'latin1');
  head.writeUInt32BE(8 + key.length, 1);
  head.writeInt32BE(processId, 5);
  return Buffer.concat([head, key]);
}

/** Body of E and N: (byte field, text, 0)* | 0. Field -> text as far as it is well-formed: C is the SQLSTATE, M the message, H the hint. */
export function readErrorFields(body: Buffer): Map<string, string> {
  const fields = new Map<string, string>();
  for (let at = 0; at < body.length && body[at] !== 0;) {
    const end = body.indexOf(0, at + 1);
    if (end < 0) break;
    fields.set(String.fromCharCode(body[at] ?? 0), body.toString('utf8', at + 1, end));
    at = end + 1;
  }
  return fields;
}
