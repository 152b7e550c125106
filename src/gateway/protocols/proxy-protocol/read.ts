import type { ProxyHeader } from './header.ts';
import { readV1, V1_SIGNATURE } from './v1.ts';
import { readV2, V2_SIGNATURE } from './v2.ts';

/**
 * The header at the beginning of a connection; bytes behind it are left alone. Never throws. Only for connections from known load balancers:
 * anybody else could name any address.
 */
export function readProxyHeader(bytes: Buffer): ProxyHeader {
  if (begins(bytes, V2_SIGNATURE)) return bytes.length < V2_SIGNATURE.length ? { kind: 'incomplete' } : readV2(bytes);
  if (begins(bytes, V1_SIGNATURE)) return bytes.length < V1_SIGNATURE.length ? { kind: 'incomplete' } : readV1(bytes);
  return { kind: 'none' };
}

/** As far as there are bytes. */
function begins(bytes: Buffer, signature: Buffer): boolean {
  const length = Math.min(bytes.length, signature.length);
  return bytes.subarray(0, length).equals(signature.subarray(0, length));
}
