import { Readable } from 'node:stream';
import { BLOCK_BYTES, END_OF_ARCHIVE, endFor, headerFor, sumOf } from '../../domain/backup/tar.ts';
import { DbmakerError } from '../../domain/errors.ts';

const MAX_NAME_BYTES = 64 * 1024;
const BEGINNING_BYTES = 8192;

/** What a look through an archive found. */
export interface TarContents {
  readonly entries: number;
  /** The first bytes of the files that were asked for, by name without `./`. */
  readonly beginnings: ReadonlyMap<string, Buffer>;
}

/** Reads an archive to its end. @throws backup_damaged when it is not one, or is cut off */
export async function readTar(source: AsyncIterable<Buffer>, wanted: readonly string[]): Promise<TarContents> {
  const reader = new Blocks(source[Symbol.asyncIterator]());
  const beginnings = new Map<string, Buffer>();
  let entries = 0;
  let longName: string | null = null;
  for (;;) {
    const header = await reader.take(BLOCK_BYTES);
    if (header.every((byte) => byte === 0)) break;
    if (!hasRightSum(header)) throw damaged('a header of the archive is not one');
    const size = numberAt(header, 124, 12);
    const padded = Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES;
    const type = String.fromCharCode(header[156] ?? 0);
    if (type === 'L') {
      if (size > MAX_NAME_BYTES) throw damaged('a name in it is none');
      longName = textAt(await reader.take(padded), 0, size);
      continue;
    }
    const name = (longName ?? nameOf(header)).replace(/^\.\//, '');
    if (type !== 'K') {
      entries += 1;
      longName = null;
    }
    const kept = wanted.includes(name) ? Math.min(size, BEGINNING_BYTES) : 0;
    if (kept > 0) beginnings.set(name, Buffer.from(await reader.take(kept)));
    await reader.skip(padded - kept);
  }
  await reader.drain();
  return { entries, beginnings };
}

/** An archive of one file, readable by its owner alone. */
export function tarOf({ name, bytes, content }: { name: string; bytes: number; content: Readable }): Readable {
  return Readable.from((async function* () {
    yield headerFor(name, bytes);
    let seen = 0;
    for await (const chunk of content) {
      seen += (chunk as Buffer).length;
      yield chunk as Buffer;
    }
    if (seen !== bytes) throw damaged(`${name} has another length than it had`);
    yield endFor(bytes);
    yield END_OF_ARCHIVE;
  })(), { objectMode: false });
}

function hasRightSum(header: Buffer): boolean {
  return Number.parseInt(textAt(header, 148, 8), 8) === sumOf(header);
}

function nameOf(header: Buffer): string {
  const isPosix = textAt(header, 257, 8) === 'ustar';
  const prefix = isPosix ? textAt(header, 345, 155) : '';
  return `${prefix === '' ? '' : `${prefix}/`}${textAt(header, 0, 100)}`;
}

function textAt(block: Buffer, at: number, length: number): string {
  const text = block.toString('utf8', at, at + length);
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}

function numberAt(header: Buffer, at: number, length: number): number {
  if (((header[at] ?? 0) & 0x80) === 0) return Number.parseInt(textAt(header, at, length).trim() || '0', 8);
  return Number(header.readBigUInt64BE(at + length - 8));
}

function damaged(why: string): DbmakerError {
  return new DbmakerError('backup_damaged', `The archive is damaged: ${why}.`);
}

/** Takes bytes of a source in amounts. */
class Blocks {
  readonly #source: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterator<Buffer>) {
    this.#source = source;
  }

  async take(bytes: number): Promise<Buffer> {
    while (this.#rest.length < bytes) this.#rest = Buffer.concat([this.#rest, await this.#more()]);
    const taken = this.#rest.subarray(0, bytes);
    this.#rest = this.#rest.subarray(bytes);
    return taken;
  }

  async skip(bytes: number): Promise<void> {
    let left = bytes;
    while (left > this.#rest.length) {
      left -= this.#rest.length;
      this.#rest = await this.#more();
    }
    this.#rest = this.#rest.subarray(left);
  }

  async drain(): Promise<void> {
    while ((await this.#source.next()).done !== true);
  }

  async #more(): Promise<Buffer> {
    const next = await this.#source.next();
    if (next.done === true) throw damaged('it ends too early');
    return next.value;
  }
}
