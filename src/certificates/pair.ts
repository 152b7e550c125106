import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** A private key and its certificate, or that one followed by those above it; PEM. A secret. */
export interface Pair {
  readonly key: string;
  readonly certificate: string;
}

/** What {@link readPair} understood. */
export interface ReadPair extends Pair {
  readonly leaf: X509Certificate;
  readonly privateKey: KeyObject;
}

/** Says in words what is wrong with a pair, for somebody who has to mend it. `part`: which half to look at first. */
export class BadPair extends Error {
  override readonly name = 'BadPair';
  readonly part: 'certificate' | 'key';

  constructor(part: BadPair['part'], text: string, cause?: unknown) {
    super(text, cause === undefined ? undefined : { cause });
    this.part = part;
  }
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;
/** Also `EC PRIVATE KEY`, `RSA PRIVATE KEY`, `ENCRYPTED PRIVATE KEY`; their headers (`Proc-Type`, `DEK-Info`) hold hyphens. */
const PRIVATE_KEY = /-----BEGIN ((?:[A-Z]+ )?PRIVATE KEY)-----[\s\S]*?-----END \1-----/;

/** The certificates of a PEM text, the server's own first. Some of a file that is being written is an error, too. */
function readChain(text: string): { leaf: X509Certificate; certificate: string } {
  const blocks = text.match(CERTIFICATE) ?? [];
  const begun = text.match(/-----BEGIN CERTIFICATE-----/g)?.length ?? 0;
  if (begun !== blocks.length) throw new BadPair('certificate', 'breaks off within a certificate');
  try {
    const [leaf] = blocks.map((block) => new X509Certificate(block)); // all are parsed: one that is damaged would break handshakes later
    if (leaf !== undefined) return { leaf, certificate: `${blocks.join('\n')}\n` };
  } catch (error) {
    throw new BadPair('certificate', 'holds a damaged certificate', error);
  }
  throw new BadPair('certificate', 'holds no PEM certificate');
}

/** Both texts may be one that holds both. @throws BadPair unreadable, encrypted, or not made for each other */
export function readPair(texts: Pair): ReadPair {
  const { leaf, certificate } = readChain(texts.certificate);
  const { privateKey, key } = readKey(texts.key);
  if (!leaf.checkPrivateKey(privateKey)) {
    throw new BadPair('key', 'is not the key of the certificate (the first one in its file; those above it come after)');
  }
  return { key, certificate, leaf, privateKey };
}

function readKey(text: string): { privateKey: KeyObject; key: string } {
  const key = PRIVATE_KEY.exec(text)?.[0];
  if (key === undefined) throw new BadPair('key', 'holds no PEM private key, or breaks off within it');
  try {
    return { privateKey: createPrivateKey(key), key: `${key}\n` };
  } catch (error) {
    const encrypted = /BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED/.test(key);
    throw new BadPair('key', encrypted ? 'is encrypted with a passphrase, which nobody is there to type' : 'holds a damaged private key', error);
  }
}

/** Names and addresses that a certificate is for, written as people write them (`::1`). */
export function namesOf(leaf: X509Certificate): string[] {
  return (leaf.subjectAltName ?? '').split(', ').flatMap((entry) => {
    const [, kind, value = ''] = /^(DNS|IP Address):(.+)$/.exec(entry) ?? [];
    if (kind === undefined) return [];
    return kind === 'DNS' || !value.includes(':') ? value : new URL(`http://[${value}]`).hostname.slice(1, -1);
  });
}
