import type { ProxyHeader } from './header.ts';
import { plainIp } from './ip-address.ts';

export const V1_SIGNATURE = Buffer.from('PROXY ');
const MAX_BYTES = 107;

/**
 * PROXY TCP4|TCP6 source destination port port\r\n
 * PROXY UNKNOWN ...\r\n
 * One space each, at most 107 bytes with the end of the line. `bytes` begins with the signature.
 */
export function readV1(bytes: Buffer): ProxyHeader {
  const line = bytes.subarray(0, MAX_BYTES);
  const end = line.indexOf('\r\n');
  if (end < 0) return line.length < MAX_BYTES ? { kind: 'incomplete' } : { kind: 'invalid', problem: 'the header has no end' };
  const size = end + 2;
  const [, family = '', source = '', destination = '', sourcePort = '', destinationPort = '', ...more] = line.toString('latin1', 0, end).split(' ');
  if (family === 'UNKNOWN') return { kind: 'local', size };
  if (family !== 'TCP4' && family !== 'TCP6') return { kind: 'invalid', problem: 'the protocol is unknown' };
  const [from, to] = [plainIp(source, family === 'TCP4' ? 4 : 6), plainIp(destination, family === 'TCP4' ? 4 : 6)];
  const right = from !== null && to !== null && isPort(sourcePort) && isPort(destinationPort) && more.length === 0;
  if (!right) return { kind: 'invalid', problem: 'the header is not well-formed' };
  return { kind: 'proxied', source: { address: from, port: Number(sourcePort) }, destination: { address: to, port: Number(destinationPort) }, size };
}

const isPort = (text: string): boolean => /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65535;
