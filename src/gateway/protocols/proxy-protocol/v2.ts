import type { Address, ProxyHeader } from './header.ts';
import { plainIp } from './ip-address.ts';

/** \r\n\r\n\0\r\nQUIT\n */
export const V2_SIGNATURE = Buffer.from([0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]);
const HEAD_BYTES = 16;
/** Addresses take 36 (216 of unix sockets); the rest are type-length-values, which are skipped. */
const MAX_BYTES = 4096;
const VERSION = 2;
const [LOCAL, PROXY] = [0, 1];
const [INET, INET6, UNIX] = [1, 2, 3];
const [STREAM, DATAGRAM] = [1, 2];

/**
 * 0..11      12 high, low           13 high, low        14..15         16..
 * signature  version (2) | command  family | transport  uint16 length  source, destination, uint16 source port, destination port, TLVs
 * `bytes` begins with the signature. What the bytes so far rule out is refused with them.
 */
export function readV2(bytes: Buffer): ProxyHeader {
  const [first, second] = [bytes[12], bytes[13]];
  if (first === undefined) return { kind: 'incomplete' };
  const [version, command] = [first >> 4, first & 0x0f];
  if (version !== VERSION) return { kind: 'invalid', problem: 'the version is not 2' };
  if (command !== LOCAL && command !== PROXY) return { kind: 'invalid', problem: 'the command is unknown' };
  if (second === undefined) return { kind: 'incomplete' };
  const [family, transport] = [second >> 4, second & 0x0f];
  if (command === PROXY && (family > UNIX || transport > DATAGRAM)) return { kind: 'invalid', problem: 'the address family is unknown' };
  if (bytes.length < HEAD_BYTES) return { kind: 'incomplete' };
  const size = HEAD_BYTES + bytes.readUInt16BE(14);
  if (size > MAX_BYTES) return { kind: 'invalid', problem: 'the header is too long' };
  // Of datagrams, unix sockets and unspecified ones there is no address of a client of ours (2.2: the real one is used then).
  const length = command === PROXY && transport === STREAM ? (family === INET ? 4 : family === INET6 ? 16 : 0) : 0;
  if (length > 0 && size < HEAD_BYTES + 2 * length + 4) return { kind: 'invalid', problem: 'the addresses are cut off' };
  if (bytes.length < size) return { kind: 'incomplete' };
  if (length === 0) return { kind: 'local', size };
  const at = (index: 0 | 1): Address => ({
    address: textOf(bytes.subarray(HEAD_BYTES + index * length, HEAD_BYTES + (index + 1) * length)),
    port: bytes.readUInt16BE(HEAD_BYTES + 2 * length + 2 * index),
  });
  return { kind: 'proxied', source: at(0), destination: at(1), size };
}

/** 4 or 16 bytes are an address whatever they are. */
function textOf(raw: Buffer): string {
  if (raw.length === 4) return raw.join('.');
  const long = Array.from({ length: 8 }, (_, index) => raw.readUInt16BE(2 * index).toString(16)).join(':');
  return plainIp(long, 6) ?? long;
}
