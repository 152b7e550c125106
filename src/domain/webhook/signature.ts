import { createHmac, randomBytes } from 'node:crypto';

/*
 * The symmetric scheme of the Standard Webhooks specification 1.0.0 (https://www.standardwebhooks.com/): HMAC-SHA256 of
 * `<id>.<timestamp>.<body>`. Neither id nor timestamp holds a full stop, so no two messages have the same text.
 */

const PREFIX = 'whsec_';
const [LEAST_BYTES, MOST_BYTES, OURS_BYTES] = [24, 64, 32];

/** A new random secret: `whsec_` and 32 bytes in base64. */
export function newWebhookSecret(): string {
  return PREFIX + randomBytes(OURS_BYTES).toString('base64');
}

/** Text of what is wrong with a secret that somebody chose, or null. */
export function webhookSecretProblem(text: string): string | null {
  const bytes = keyOf(text);
  const fits = text.startsWith(PREFIX) && bytes.length >= LEAST_BYTES && bytes.length <= MOST_BYTES && bytes.toString('base64') === text.slice(PREFIX.length);
  return fits ? null : `must be ${PREFIX} followed by ${LEAST_BYTES} to ${MOST_BYTES} bytes in base64`;
}

/** The headers that name and sign a message. `secrets`: each signs it, the receiver needs to know one. `now`: milliseconds since 1970. */
export function signedHeaders(secrets: readonly string[], id: string, now: number, body: string): { 'webhook-id': string; 'webhook-timestamp': string; 'webhook-signature': string } {
  const timestamp = String(Math.floor(now / 1000));
  const signatures = secrets.map((secret) => `v1,${createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.${body}`).digest('base64')}`);
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}

function keyOf(secret: string): Buffer {
  return Buffer.from(secret.slice(PREFIX.length), 'base64');
}
