import { createHash } from 'node:crypto';
import { derivedId } from '../domain/derived-id.ts';
import { DbmakerError } from '../domain/errors.ts';
import type { Instance } from '../domain/instance/instance.ts';
import type { ApiDependencies } from './dependencies.ts';

/** A request that was killed half-way keeps its key for so long; then the next try takes over. */
const CLAIM_MS = 10_000;

/** @throws invalid_request when the header is there but is not 1-255 visible characters */
export function idempotencyKey(header: string | string[] | undefined): string | null {
  if (header === undefined) return null;
  if (typeof header === 'string' && /^[\x21-\x7e]{1,255}$/.test(header)) return header;
  throw new DbmakerError('invalid_request', 'Idempotency-Key must be 1 to 255 visible ASCII characters.');
}

/**
 * Creates at most one instance per user and key. The instance's id derives from user, key and body, so a repetition finds what a try made that
 * was killed before it could note its answer.
 * @param create makes the instance under the id it is given
 * @throws idempotency_key_reused for another body; conflict while the first request is still under way; what `create` throws (the key is then free again)
 */
export async function createOnce(
  { store, log }: Pick<ApiDependencies, 'store' | 'log'>,
  request: { readonly userId: string; readonly key: string; readonly body: unknown },
  create: (id: string) => Promise<Instance>,
): Promise<{ instance: Instance; replayed: boolean }> {
  const { userId, key } = request;
  const requestHash = createHash('sha256').update(canonical(request.body)).digest('hex');
  const known = await store.idempotency.begin(userId, key, requestHash, CLAIM_MS);
  if (known !== null) return { instance: await replay(known), replayed: true };

  const id = derivedId(`${userId}\0${key}\0${requestHash}`);
  try {
    const earlier = await ownInstance(id);
    const instance = earlier ?? (await create(id).catch(madeMeanwhile));
    await store.idempotency.finish(userId, key, { status: 202, instanceId: instance.id });
    return { instance, replayed: earlier !== null };
  } catch (error) {
    await store.idempotency.abandon(userId, key).catch((cause: unknown) => {
      // The claim expires by itself; the first error is the one to report.
      log.warn({ err: cause }, 'an idempotency key was left to expire');
    });
    throw error;
  }

  async function ownInstance(instanceId: string): Promise<Instance | null> {
    const instance = await store.instances.get(instanceId);
    return instance?.ownerId === userId ? instance : null;
  }

  /** A try whose claim had expired was only slow and has made it after all: then that is the answer, not its error. */
  async function madeMeanwhile(error: unknown): Promise<Instance> {
    const made = await ownInstance(id);
    if (made === null) throw error;
    return made;
  }

  async function replay({ requestHash: first, response }: NonNullable<typeof known>): Promise<Instance> {
    if (first !== requestHash) throw new DbmakerError('idempotency_key_reused', 'This Idempotency-Key was used with another body.', { remedy: 'Use a new key for a new request.' });
    if (response === null) throw new DbmakerError('conflict', 'The first request with this Idempotency-Key is still under way.', { retryAfterMs: 1000 });
    const instance = await ownInstance(response.instanceId);
    if (instance === null) throw new DbmakerError('conflict', 'What the first request with this Idempotency-Key made was deleted since.', { remedy: 'Use a new key to make a new database.' });
    return instance;
  }
}

/** JSON with sorted members: the same for bodies that mean the same. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, member: unknown) => {
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member;
    return Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
