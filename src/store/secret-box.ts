import { createCipheriv, createDecipheriv, createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import { DbmakerError } from '../domain/errors.ts';
import type { SecretBox } from '../domain/ports/secret-box.ts';
import type { Store } from '../domain/ports/store.ts';
import { KEY_BYTES, readOrCreateKey } from './key-file.ts';

const ALGORITHM = 'aes-256-gcm';
const VERSION = 'v1';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * @param home directory of the key file `secret.key`, used (and made once) when `key` is null
 * @param key 32 bytes in base64, as DBMAKER_ENCRYPTION_KEY holds them
 * @throws DbmakerError invalid_configuration (key or key file is wrong, or others can read the file)
 */
export async function openSecretBox({ home, key }: { home: string; key: string | null }): Promise<SecretBox> {
  if (key === null) return new AesBox(readOrCreateKey(home));
  const bytes = Buffer.from(key, 'base64');
  if (bytes.length !== KEY_BYTES) throw new DbmakerError('invalid_configuration', 'DBMAKER_ENCRYPTION_KEY must be 32 bytes in base64.');
  return new AesBox(bytes);
}

/**
 * Refuses a key that is not the one that this store was begun with: a lost key file would otherwise be replaced by a new one, and every
 * password in the store be unreadable without anybody being told why.
 * @throws DbmakerError secret_unreadable
 */
export async function verifySecretBox(store: Store, box: SecretBox): Promise<void> {
  const context = 'settings:secret-check';
  const sealed = await store.settings.putIfAbsent('secret-check', box.seal('dbmaker', context));
  try {
    box.open(sealed, context);
  } catch (cause) {
    throw new DbmakerError('secret_unreadable', 'The encryption key is not the one that the passwords in the database were sealed with.',
      { cause, remedy: 'Put back the secret.key (or DBMAKER_ENCRYPTION_KEY) that belongs to this database.' });
  }
}

/** A sealed text is `v1.<nonce>.<ciphertext>.<tag>`, each base64url. A new nonce each time: the same text never seals to the same. */
class AesBox implements SecretBox {
  /** Made once: from plain bytes node:crypto makes a key object at each call, which took four fifths of the time of opening. */
  readonly #key: KeyObject;

  constructor(key: Buffer) {
    this.#key = createSecretKey(key);
  }

  seal(plain: string, context: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.#key, nonce, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(context));
    const text = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
    return [VERSION, ...[nonce, text, cipher.getAuthTag()].map((part) => part.toString('base64url'))].join('.');
  }

  open(sealed: string, context: string): string {
    const [version, ...parts] = sealed.split('.');
    const [nonce, text, tag] = parts.map((part) => Buffer.from(part, 'base64url'));
    if (version !== VERSION || parts.length !== 3 || nonce?.length !== NONCE_BYTES || tag?.length !== TAG_BYTES || text === undefined) throw unreadable();
    try {
      const decipher = createDecipheriv(ALGORITHM, this.#key, nonce, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(context)).setAuthTag(tag);
      return decipher.update(text, undefined, 'utf8') + decipher.final('utf8');
    } catch (cause) {
      throw unreadable(cause);
    }
  }
}

function unreadable(cause?: unknown): DbmakerError {
  return new DbmakerError('secret_unreadable', 'A stored secret cannot be read: the key is another one, or the text was changed.',
    { cause, remedy: 'Put back the secret.key (or DBMAKER_ENCRYPTION_KEY) that belongs to this database.' });
}
