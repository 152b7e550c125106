import { Transform } from 'node:stream';
import { DbmakerError } from '../../domain/errors.ts';
import { Crc64 } from './crc64.ts';

/** `REDIS` and the version of the format, four digits. */
const HEADER_BYTES = 9;
const CHECKSUM_BYTES = 8;
/** Comes right before the checksum. */
const END = 0xff;

/**
 * Passes an RDB file through and checks it on the way: its head, the mark at its end and the CRC64 after that.
 * The stream ends with backup_damaged when it is not one, or not a complete one.
 */
export class RdbCheck extends Transform {
  readonly #crc = new Crc64();
  #head = Buffer.alloc(0);
  #tail: Buffer = Buffer.alloc(0);
  #last = 0;
  bytes = 0;

  override _transform(chunk: Buffer, _encoding: string, callback: (error?: Error | null, data?: Buffer) => void): void {
    this.bytes += chunk.length;
    if (this.#head.length < HEADER_BYTES) this.#head = Buffer.concat([this.#head, chunk.subarray(0, HEADER_BYTES - this.#head.length)]);
    const all = this.#tail.length === 0 ? chunk : Buffer.concat([this.#tail, chunk]);
    const body = all.subarray(0, Math.max(0, all.length - CHECKSUM_BYTES));
    this.#crc.update(body);
    this.#last = body.at(-1) ?? this.#last;
    this.#tail = Buffer.from(all.subarray(body.length));
    callback(null, chunk);
  }

  override _flush(callback: (error?: Error | null) => void): void {
    const problem = this.#problem();
    callback(problem === null ? null : new DbmakerError('backup_damaged', `The snapshot of Redis is not complete: ${problem}.`));
  }

  #problem(): string | null {
    if (!/^REDIS\d{4}$/.test(this.#head.toString('latin1'))) return 'it does not begin like one';
    if (this.#last !== END || this.#tail.length < CHECKSUM_BYTES) return 'its end is missing';
    const written = this.#tail.readBigUInt64LE(0);
    // Zero: the owner has switched rdbchecksum off.
    return written === 0n || written === this.#crc.digest() ? null : 'its checksum is another one';
  }
}
