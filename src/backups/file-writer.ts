import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { DbmakerError } from '../domain/errors.ts';

/** What may wait in memory for the disk. */
const HIGH_WATER_BYTES = 4 * 1024 * 1024;

/** Writes, hashes and counts; the end waits for the disk. Closes the file in any case. */
export class FileWriter extends Writable {
  readonly #handle: FileHandle;
  readonly #claim: (bytes: number) => Promise<void>;
  readonly #onBytes: (bytes: number) => void;
  readonly #explain: (error: unknown) => DbmakerError;
  readonly #hash = createHash('sha256');
  #bytes = 0;
  /** Why the file could not be written; null: it could. */
  reason: DbmakerError | null = null;

  /** @param claim asked before so many bytes more are written */
  constructor(handle: FileHandle, { claim, onBytes }: { claim: (bytes: number) => Promise<void>; onBytes: (bytes: number) => void }, explain: (error: unknown) => DbmakerError) {
    super({ highWaterMark: HIGH_WATER_BYTES, decodeStrings: true });
    this.#handle = handle;
    this.#claim = claim;
    this.#onBytes = onBytes;
    this.#explain = explain;
  }

  /** @throws what it was destroyed with */
  async ended(): Promise<{ bytes: number; sha256: string }> {
    await finished(this);
    return { bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }

  override _write(chunk: Buffer, _encoding: string, callback: (error?: Error | null) => void): void {
    this.#settle(this.#append([chunk]), callback);
  }

  override _writev(chunks: { chunk: Buffer }[], callback: (error?: Error | null) => void): void {
    this.#settle(this.#append(chunks.map(({ chunk }) => chunk)), callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#settle(this.#handle.sync(), callback);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#handle.close().then(() => callback(error), (later: unknown) => callback(error ?? this.#explain(later)));
  }

  #settle(work: Promise<void>, callback: (error?: Error | null) => void): void {
    work.then(() => callback(), (error: unknown) => {
      this.reason = this.#explain(error);
      callback(this.reason);
    });
  }

  async #append(chunks: readonly Buffer[]): Promise<void> {
    let left = [...chunks];
    await this.#claim(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
    for (const chunk of chunks) this.#hash.update(chunk);
    while (left.length > 0) {
      const { bytesWritten } = await this.#handle.writev(left);
      this.#bytes += bytesWritten;
      this.#onBytes(bytesWritten);
      left = withoutFirst(left, bytesWritten);
    }
  }
}

/** A disk that is nearly full takes a part and says so only at the next try. */
function withoutFirst(chunks: readonly Buffer[], bytes: number): Buffer[] {
  const left: Buffer[] = [];
  let skip = bytes;
  for (const chunk of chunks) {
    if (skip < chunk.length) left.push(chunk.subarray(skip));
    skip = Math.max(0, skip - chunk.length);
  }
  return left;
}
