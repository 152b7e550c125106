import { randomBytes, X509Certificate } from 'node:crypto';
import path from 'node:path';
import { DbmakerError } from '../domain/errors.ts';
import type { Issue } from './issue/request.ts';
import { readPair } from './pair.ts';
import type { ReadPair } from './pair.ts';
import { createOnce, readIfThere, readSecretIfThere, replace } from './private-files.ts';

const DAY_MS = 86_400_000;
const LIFETIME_MS = 3650 * DAY_MS;
/** Clocks of clients that are a little behind accept what was made just now. */
export const BACKDATED_MS = 60 * 60_000;
const NAME = 'DbMaker local CA';

/** `ca.key` holds the key and its certificate, so that no reader ever sees one without the other; `ca.pem` is a copy for people. */
export function authorityFiles(directory: string): { secret: string; copy: string } {
  return { secret: path.join(directory, 'ca.key'), copy: path.join(directory, 'ca.pem') };
}

/**
 * The local authority of this home, made when there is none. Processes that start at once agree on one. It is never replaced, as people
 * trust it: what cannot be used is an error.
 * @throws DbmakerError invalid_configuration damaged, foreign, half gone, readable by others
 */
export async function readOrCreateAuthority(directory: string, now: number, issue: Issue): Promise<ReadPair> {
  const files = authorityFiles(directory);
  // The copy is looked at first: who makes an authority makes the copy last, so a copy without its key is never just a moment.
  const copy = readIfThere(files.copy);
  if (copy === null && readSecretIfThere(files.secret) === null) {
    const made = await issue({ kind: 'authority', name: `${NAME} ${randomBytes(4).toString('hex')}`, notBefore: now - BACKDATED_MS, notAfter: now + LIFETIME_MS });
    createOnce(files.secret, made.key + made.certificate);
  }
  const authority = readAuthority(directory);
  if (copy === null) replace(files.copy, authority.certificate, 0o644);
  return authority;
}

/** The one that is there. @throws DbmakerError invalid_configuration also when there is none */
export function readAuthority(directory: string): ReadPair {
  const files = authorityFiles(directory);
  const copy = readIfThere(files.copy);
  const secret = readSecretIfThere(files.secret);
  if (secret === null) throw unusable(files.secret, 'is gone');
  let authority: ReadPair;
  try {
    authority = readPair({ key: secret, certificate: secret });
  } catch (error) {
    throw unusable(files.secret, 'is damaged', error);
  }
  if (!isOurs(authority.leaf)) throw unusable(files.secret, 'holds a certificate that is not a local authority made by DbMaker');
  if (copy !== null && fingerprint(copy) !== authority.leaf.fingerprint256) throw unusable(files.copy, `is not the certificate of ${files.secret}`);
  return authority;
}

function unusable(file: string, what: string, cause?: unknown): DbmakerError {
  return new DbmakerError('invalid_configuration', `The file ${file} of the local certificate authority ${what}.`, {
    cause,
    remedy: `Restore ${path.dirname(file)} from a backup. Without one, move that directory away: a new authority is made, which everybody who trusts the old one has to trust anew (docs/tls.md).`,
  });
}

function isOurs(certificate: X509Certificate): boolean {
  return certificate.ca && certificate.subject.startsWith(`CN=${NAME} `) && certificate.checkIssued(certificate) && certificate.verify(certificate.publicKey);
}

function fingerprint(text: string): string | null {
  try {
    return new X509Certificate(text).fingerprint256;
  } catch {
    return null; // damaged: like no certificate, the caller says so
  }
}
