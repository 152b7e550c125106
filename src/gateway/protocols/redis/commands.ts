import { splitInlineWords } from './inline-words.ts';

/**
 * One command of a client of Redis: `*<count>\r\n` then `$<length>\r\n<bytes>\r\n` for each argument, or a line of words ("inline").
 * https://redis.io/docs/latest/develop/reference/protocol-spec/; limits and words as processMultibulkBuffer and processInlineBuffer in
 * src/networking.c have them for clients that are not logged in: 10 arguments of 16,384 bytes. Stricter than Redis: a command of 64 KiB, a
 * line of 16,384 bytes and 10 words, no zero byte in a line, and every \r\n has to be there (Redis skips two bytes unseen).
 */
export type Command =
  | { readonly kind: 'incomplete' }
  /** `args`: at least one. `size`: with the empty commands before it, which Redis does not answer. */
  | { readonly kind: 'command'; readonly args: readonly Buffer[]; readonly size: number }
  | { readonly kind: 'invalid'; readonly problem: string };

const MAX_ARGS = 10;
const MAX_BULK_BYTES = 16 * 1024;
const MAX_INLINE_BYTES = 16 * 1024;
const MAX_BYTES = 64 * 1024;
/** What may be skipped: little, as it is looked at again with every packet that comes. */
const MAX_EMPTY_BYTES = 64;
/** Of a line that holds a number. */
const MAX_NUMBER_BYTES = 32;
const MAX_COUNT = 2 ** 31 - 1;
const MAX_LENGTH = 512 * 1024 * 1024;
const [CR, LF, ASTERISK, DOLLAR] = [0x0d, 0x0a, 0x2a, 0x24];

const INCOMPLETE: Command = { kind: 'incomplete' };
const invalid = (what: string): Command & { kind: 'invalid' } => ({ kind: 'invalid', problem: `Protocol error: ${what}` });

/** Reads the command that begins at `offset`. Never throws; arguments of an array are views of `bytes`. */
export function readCommand(bytes: Buffer, offset = 0): Command {
  for (let at = offset; at < bytes.length;) {
    const command = bytes[at] === ASTERISK ? readArray(bytes, at) : readInline(bytes, at);
    if (command.kind !== 'command') return command;
    at += command.size;
    if (command.args.length > 0) return { ...command, size: at - offset };
    if (at - offset > MAX_EMPTY_BYTES) return invalid('too many empty requests');
  }
  return INCOMPLETE;
}

function readArray(bytes: Buffer, start: number): Command {
  const count = readNumber(bytes, start + 1);
  if (count === null) return INCOMPLETE;
  if (count === 'too big') return invalid('too big mbulk count string');
  if (count === 'invalid' || count.value > MAX_COUNT) return invalid('invalid multibulk length');
  if (count.value > MAX_ARGS) return invalid('unauthenticated multibulk length');
  const args: Buffer[] = [];
  let at = count.end;
  while (args.length < count.value) {
    const bulk = readBulk(bytes, at, start);
    if ('kind' in bulk) return bulk;
    args.push(bulk.argument);
    at = bulk.end;
  }
  return { kind: 'command', args, size: at - start };
}

function readBulk(bytes: Buffer, start: number, commandStart: number): { argument: Buffer; end: number } | Command {
  const first = bytes[start];
  if (first === undefined) return INCOMPLETE;
  if (first !== DOLLAR) return invalid(`expected '$', got '${printable(first)}'`);
  const length = readNumber(bytes, start + 1);
  if (length === null) return INCOMPLETE;
  if (length === 'too big') return invalid('too big bulk count string');
  if (length === 'invalid' || length.value < 0 || length.value > MAX_LENGTH) return invalid('invalid bulk length');
  const end = length.end + length.value;
  if (length.value > MAX_BULK_BYTES || end - commandStart > MAX_BYTES) return invalid('unauthenticated bulk length');
  if (bytes.length > end && bytes[end] !== CR) return invalid('bulk string without its end');
  if (bytes.length > end + 1 && bytes[end + 1] !== LF) return invalid('bulk string without its end');
  return bytes.length < end + 2 ? INCOMPLETE : { argument: bytes.subarray(length.end, end), end: end + 2 };
}

/** null: not whole yet. Digits as string2ll in src/util.c takes them: no plus, no zeros in front, no -0. */
function readNumber(bytes: Buffer, start: number): { value: number; end: number } | 'too big' | 'invalid' | null {
  const line = bytes.subarray(start, start + MAX_NUMBER_BYTES);
  const end = line.indexOf('\r\n');
  if (end < 0) return line.length < MAX_NUMBER_BYTES ? null : 'too big';
  const text = line.toString('latin1', 0, end);
  return /^(?:0|-?[1-9]\d*)$/.test(text) ? { value: Number(text), end: start + end + 2 } : 'invalid';
}

function readInline(bytes: Buffer, start: number): Command {
  const line = bytes.subarray(start, start + MAX_INLINE_BYTES);
  const end = line.indexOf(LF);
  const zero = line.indexOf(0);
  if (zero >= 0 && (end < 0 || zero < end)) return invalid('zero byte in an inline request');
  if (end < 0) return line.length < MAX_INLINE_BYTES ? INCOMPLETE : invalid('too big inline request');
  const words = splitInlineWords(line.subarray(0, end)); // a \r before the end is a space like others
  if (words === null) return invalid('unbalanced quotes in request');
  if (words.length > MAX_ARGS) return invalid('unauthenticated multibulk length');
  return { kind: 'command', args: words, size: end + 1 };
}

const printable = (byte: number): string => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '?');
