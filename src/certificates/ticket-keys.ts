import { hkdfSync, randomBytes } from 'node:crypto';
import path from 'node:path';
import type { Log } from '../domain/ports/log.ts';
import { createOnce, prepareDirectory, readSecretIfThere } from './private-files.ts';

/** 48 bytes for the certificate of that fingerprint; undefined: OpenSSL makes its own, which no other process knows. A secret. */
export type TicketKeys = (fingerprint: string) => Buffer | undefined;

const BYTES = 32;

/**
 * Keys that session tickets are sealed with, the same in every gateway of a home and after a restart, so that a client that comes back to
 * another process resumes its session. They change with the certificate. Without the file TLS works all the same: a full handshake each.
 */
export function openTicketKeys(directory: string, now: number, log: Log): TicketKeys {
  const file = path.join(directory, 'tickets.key');
  try {
    prepareDirectory(directory, now);
    if (readSecretIfThere(file) === null) createOnce(file, `${randomBytes(BYTES).toString('base64')}\n`);
    const secret = Buffer.from(readSecretIfThere(file)?.trim() ?? '', 'base64');
    if (secret.length !== BYTES) throw new Error(`${file} is damaged: remove it, a new one is made.`);
    return (fingerprint) => Buffer.from(hkdfSync('sha256', secret, fingerprint, 'dbmaker session tickets', 48));
  } catch (error) {
    log.warn({ file, reason: error instanceof Error ? error.message : String(error) }, 'TLS sessions are not resumed across gateways: their key cannot be used');
    return () => undefined;
  }
}
