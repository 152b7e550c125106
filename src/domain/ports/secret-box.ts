/** Encryption at rest (AES-256-GCM). `context` is authenticated with it: a sealed text only opens where it belongs. */
export interface SecretBox {
  seal(plain: string, context: string): string;
  /** @throws DbmakerError secret_unreadable when the key or the context is another, or the text was changed. */
  open(sealed: string, context: string): string;
}

/** Context of an instance's passwords. */
export const passwordContext = (instanceId: string): string => `instance:${instanceId}:password`;
