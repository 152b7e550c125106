/*
 * ustar with GNU's extensions, what tar(1) writes: blocks of 512 bytes; a header, then the content, filled up to a whole block; two blocks of
 * zeros at the end. Name at 0 (100 bytes, with the prefix at 345 before it), mode 100, uid 108, gid 116, size 124 (octal, or base 256 where the
 * first bit is set), time 136, checksum 148, type 156, magic 257. A content of type L is the long name of what follows, of K its link's target.
 */
export const BLOCK_BYTES = 512;

/** After the last file. */
export const END_OF_ARCHIVE: Buffer = Buffer.alloc(2 * BLOCK_BYTES);

/** What fills up the last block of a file. */
export function endFor(bytes: number): Buffer {
  return Buffer.alloc((BLOCK_BYTES - (bytes % BLOCK_BYTES)) % BLOCK_BYTES);
}

/** A header for a file of mode 0600. Also for what is larger than octal digits can say. */
export function headerFor(name: string, bytes: number, seconds = 0): Buffer {
  const header = Buffer.alloc(BLOCK_BYTES);
  header.write(name, 0, 100, 'utf8');
  for (const [at, length, value] of [[100, 8, 0o600], [108, 8, 0], [116, 8, 0], [136, 12, seconds]] as const) header.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1');
  if (bytes < 8 ** 11) {
    header.write(`${bytes.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  } else {
    header[124] = 0x80;
    header.writeBigUInt64BE(BigInt(bytes), 128);
  }
  header.write('0', 156, 'latin1');
  header.write('ustar  \0', 257, 'latin1');
  header.write(`${sumOf(header).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

/** Of a header; its own field counts as spaces. */
export function sumOf(header: Buffer): number {
  return header.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 0x20 : byte), 0);
}
