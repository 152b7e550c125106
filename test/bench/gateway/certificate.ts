import { createPrivateKey } from 'node:crypto';
import type { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { connect } from 'node:tls';
import type { Certificate } from './front.ts';

const PEM = /-----BEGIN ([A-Z ]+)-----[^-]+-----END \1-----\n?/g;

/**
 * The certificate that the gateway presents there, with its key out of the server's home: its peers get the same, so that a handshake
 * costs everybody the same.
 * @throws Error when the key is not to be found
 */
export async function certificateOf(home: string, port: number, servername: string): Promise<Certificate> {
  const presented = await presentedChain(port, servername);
  const [leaf] = presented;
  if (leaf === undefined) throw new Error(`No certificate was presented on port ${port}`);
  for (const file of await filesIn(home)) {
    for (const [block, kind = ''] of (await readFile(file, 'latin1')).matchAll(PEM)) {
      if (kind.endsWith('PRIVATE KEY') && matches(leaf, block)) return { chain: presented.map((one) => one.toString()).join(''), key: block };
    }
  }
  throw new Error(`The private key of the certificate that the gateway presents is not in ${home}`);
}

function matches(leaf: X509Certificate, key: string): boolean {
  try {
    return leaf.checkPrivateKey(createPrivateKey(key));
  } catch {
    return false; // encrypted, or no key at all
  }
}

async function presentedChain(port: number, servername: string): Promise<X509Certificate[]> {
  const socket = connect({ host: '127.0.0.1', port, servername, rejectUnauthorized: false });
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.timeout(5000) });
    const chain: X509Certificate[] = [];
    let one = socket.getPeerX509Certificate();
    while (one !== undefined && !chain.some((seen) => seen.fingerprint256 === one?.fingerprint256)) {
      chain.push(one);
      one = one.issuerCertificate;
    }
    return chain;
  } finally {
    socket.destroy();
  }
}

/** The server's own files; what belongs to instances is not looked at. */
async function filesIn(home: string): Promise<string[]> {
  const entries = await readdir(home, { withFileTypes: true });
  const deeper = entries.filter((entry) => entry.isDirectory() && entry.name !== 'instances' && entry.name !== 'cache');
  const below = await Promise.all(deeper.map((entry) => filesIn(path.join(home, entry.name))));
  const here = entries.filter((entry) => entry.isFile() && !entry.name.includes('sqlite')).map((entry) => path.join(home, entry.name));
  return [...here, ...below.flat()];
}
