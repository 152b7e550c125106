/*
 * Words of an inline command, as sdssplitargs in Redis's src/sds.c cuts them:
 *   word          up to a space, \t, \n, \r
 *   "a \"b\" \x41"  escapes \n \r \t \b \a \xHH, else the character itself
 *   'a \'b\''     one escape: \'
 * A quote may begin inside of a word; behind its end there has to be a space. Spaces before a word may also be \v and \f.
 */
const SINGLE = 0x27;
const DOUBLE = 0x22;
const BACKSLASH = 0x5c;
const SMALL_X = 0x78;
const ESCAPES: ReadonlyMap<number, number> = new Map([['n', '\n'], ['r', '\r'], ['t', '\t'], ['b', '\b'], ['a', '\x07']].map(([letter = '', byte = '']) => [letter.charCodeAt(0), byte.charCodeAt(0)]));

/** The words, copied; null: a quote without its end, or without a space behind it. A zero byte is a byte like others here. */
export function splitInlineWords(line: Buffer): Buffer[] | null {
  const words: Buffer[] = [];
  for (let at = 0; ;) {
    while (isSpace(line[at])) at += 1;
    if (at >= line.length) return words;
    const word = readWord(line, at);
    if (word === null) return null;
    words.push(Buffer.from(word.bytes));
    at = word.end;
  }
}

function readWord(line: Buffer, start: number): { bytes: number[]; end: number } | null {
  const bytes: number[] = [];
  let at = start;
  while (at < line.length) {
    const byte = line[at] ?? 0;
    if (endsWord(byte)) break;
    at += 1;
    if (byte !== SINGLE && byte !== DOUBLE) {
      bytes.push(byte);
      continue;
    }
    at = byte === SINGLE ? readSingle(line, at, bytes) : readDouble(line, at, bytes);
    return at < 0 || (at < line.length && !isSpace(line[at])) ? null : { bytes, end: at };
  }
  return { bytes, end: at };
}

/** @returns where the quote is over; -1: nowhere */
function readSingle(line: Buffer, start: number, into: number[]): number {
  for (let at = start; at < line.length; at += 1) {
    if (line[at] === SINGLE) return at + 1;
    if (line[at] === BACKSLASH && line[at + 1] === SINGLE) at += 1;
    into.push(line[at] ?? 0);
  }
  return -1;
}

/** @returns where the quote is over; -1: nowhere */
function readDouble(line: Buffer, start: number, into: number[]): number {
  for (let at = start; at < line.length; at += 1) {
    if (line[at] === DOUBLE) return at + 1;
    const escaped = line[at] === BACKSLASH ? line[at + 1] : undefined;
    const hex = escaped === SMALL_X ? line.toString('latin1', at + 2, at + 4) : '';
    if (/^[0-9a-f]{2}$/i.test(hex)) {
      into.push(Number.parseInt(hex, 16));
      at += 3;
    } else if (escaped !== undefined) {
      into.push(ESCAPES.get(escaped) ?? escaped);
      at += 1;
    } else {
      into.push(line[at] ?? 0);
    }
  }
  return -1;
}

const isSpace = (byte: number | undefined): boolean => byte === 0x20 || (byte !== undefined && byte >= 0x09 && byte <= 0x0d);
const endsWord = (byte: number): boolean => byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
