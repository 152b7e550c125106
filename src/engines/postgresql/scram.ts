import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { DbmakerError } from '../../domain/errors.ts';

const ITERATIONS = 4096; // what PostgreSQL itself uses; the passwords are random, so more would only slow down each login

/**
 * What PostgreSQL stores for a password (RFC 5803): `SCRAM-SHA-256$4096:salt$StoredKey:ServerKey`. Sent in its place, the password itself
 * appears in no statement, and so in no log of the server.
 * @throws DbmakerError invalid_request: other than printable ASCII would have to be normalised (RFC 4013), and ours are generated
 */
export function scramVerifier(password: string, salt: Buffer = randomBytes(16)): string {
  if (!/^[\x20-\x7e]+$/.test(password)) throw new DbmakerError('invalid_request', 'The password has to be printable ASCII.');
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, 'sha256');
  const storedKey = createHash('sha256').update(keyed(salted, 'Client Key')).digest('base64');
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${storedKey}:${keyed(salted, 'Server Key').toString('base64')}`;
}

function keyed(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
