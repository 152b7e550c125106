import type { Static } from 'typebox';
import { DbmakerError } from '../domain/errors.ts';
import type { Store } from '../domain/ports/store.ts';
import { ALL_TYPES, typePatternProblem } from '../domain/webhook/event-types.ts';
import { newWebhookSecret, webhookSecretProblem } from '../domain/webhook/signature.ts';
import { shownUrl, webhookUrlProblem } from '../domain/webhook/url.ts';
import { MAX_WEBHOOKS, webhookContext, type Delivery, type Webhook } from '../domain/webhook/webhook.ts';
import type { ApiContext } from './app-type.ts';
import type { Caller } from './caller.ts';
import { throwFields } from './instance-input.ts';
import type { Delivery as DeliverySchema, NewWebhookBody, Webhook as WebhookSchema, WebhookChangeBody } from './schemas/webhook.ts';
import { randomId } from './secrets.ts';

/** The old secret goes on signing for so long, so that a receiver can change over in peace. */
const OVERLAP_MS = 24 * 3_600_000;

type Context = Pick<ApiContext, 'store' | 'secretBox' | 'clock' | 'config'>;

/** @returns the webhook and its secret, which is shown this once. @throws invalid_request, forbidden, quota_exceeded */
export async function createWebhook({ store, secretBox, config }: Context, caller: Caller, asked: Static<typeof NewWebhookBody>): Promise<{ webhook: Webhook; secret: string }> {
  const { url, types = ALL_TYPES, secret = newWebhookSecret(), global = false } = asked;
  if (global && !caller.isAdmin) throw new DbmakerError('forbidden', 'Only admins may make global webhooks.', { remedy: 'Leave out "global": then it tells of your own databases.' });
  validate({ url, types, secret }, config.webhookAllow ?? []);
  const id = randomId();
  const secrets = { current: secretBox.seal(secret, webhookContext(id)), previous: null };
  const whose = global ? { ownerId: null, adminId: caller.user.id } : { ownerId: caller.user.id, adminId: null };
  return { webhook: await store.webhooks.create({ id, ...whose, url, types: [...new Set(types)], secrets }, MAX_WEBHOOKS), secret };
}

/** @returns the webhook as it is now, and its secret if that was changed. @throws invalid_request, not_found */
export async function changeWebhook(
  { store, secretBox, clock, config }: Context, caller: Caller, webhook: Webhook, asked: Static<typeof WebhookChangeBody>,
): Promise<{ webhook: Webhook; secret: string | null }> {
  const { url, types, enabled, rotateSecret } = asked;
  if (rotateSecret && asked.secret !== undefined) throwFields({ '/rotateSecret': 'must not come together with a secret' });
  validate(asked, config.webhookAllow ?? []);
  const secret = asked.secret ?? (rotateSecret ? newWebhookSecret() : null);
  const changed = await store.webhooks.update(webhook.id, {
    ...(url === undefined ? {} : { url }),
    ...(types === undefined ? {} : { types: [...new Set(types)] }),
    ...(enabled === undefined ? {} : { enabled }),
    // Whoever switches a global one on, or has it sent somewhere else, answers for it from then on.
    ...(webhook.ownerId === null && (enabled === true || (url !== undefined && url !== webhook.url)) ? { adminId: caller.user.id } : {}),
    ...(secret === null ? {} : { secrets: { current: secretBox.seal(secret, webhookContext(webhook.id)), previous: { secret: webhook.secrets.current, until: clock.now() + OVERLAP_MS } } }),
  });
  return { webhook: changed, secret };
}

/** The webhook if the caller may see it. @throws not_found, the same whether it belongs to somebody else or does not exist */
export async function visibleWebhook(store: Store, caller: Caller, id: string): Promise<Webhook> {
  const webhook = await store.webhooks.get(id);
  if (webhook === null || (webhook.ownerId !== caller.user.id && !caller.isAdmin)) throw new DbmakerError('not_found', 'There is no such webhook.');
  return webhook;
}

/** For whom: others than its owner see no path and query of their URLs, which may hold secrets of the receivers. */
export async function webhookViews(store: Store, caller: Caller, webhooks: readonly Webhook[]): Promise<Static<typeof WebhookSchema>[]> {
  const others = [...new Set(webhooks.flatMap(({ ownerId }) => (ownerId === null || ownerId === caller.user.id ? [] : [ownerId])))];
  const users = await Promise.all(others.map((id) => store.users.get(id)));
  const names = new Map([caller.user, ...users.filter((user) => user !== null)].map(({ id, username }) => [id, username]));
  return webhooks.map((webhook) => view(webhook, caller, webhook.ownerId === null ? null : (names.get(webhook.ownerId) ?? null)));
}

export async function webhookView(store: Store, caller: Caller, webhook: Webhook): Promise<Static<typeof WebhookSchema>> {
  const { ownerId } = webhook;
  const owner = ownerId === null || ownerId === caller.user.id ? caller.user : await store.users.get(ownerId);
  return view(webhook, caller, ownerId === null ? null : (owner?.username ?? null));
}

function view(webhook: Webhook, caller: Caller, owner: string | null): Static<typeof WebhookSchema> {
  const { id, ownerId, url, types, enabled, disabledReason } = webhook;
  return {
    id, ownerId, owner, global: ownerId === null, url: ownerId === null || ownerId === caller.user.id ? url : shownUrl(url), types: [...types], enabled, disabledReason,
    failingSince: time(webhook.failingSince), createdAt: new Date(webhook.createdAt).toISOString(), updatedAt: new Date(webhook.updatedAt).toISOString(),
  };
}

export function deliveryView(delivery: Delivery): Static<typeof DeliverySchema> {
  const { id, type, eventId, state, attempts, lastStatus, lastError } = delivery;
  return {
    id, type, eventId, state, attempts, lastStatus, lastError,
    createdAt: new Date(delivery.createdAt).toISOString(), lastTriedAt: time(delivery.lastTriedAt), nextTryAt: time(delivery.nextTryAt),
  };
}

function time(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

/** @throws invalid_request naming every member that is wrong */
function validate({ url, types = [], secret }: { url?: string; types?: readonly string[]; secret?: string }, allow: readonly string[]): void {
  const found: [pointer: string, problem: string | null][] = [
    ['/url', url === undefined ? null : webhookUrlProblem(url, allow)],
    ...types.map((pattern, index): [string, string | null] => [`/types/${index}`, typePatternProblem(pattern)]),
    ['/secret', secret === undefined ? null : webhookSecretProblem(secret)],
  ];
  throwFields(Object.fromEntries(found.flatMap(([pointer, problem]) => (problem === null ? [] : [[pointer, problem]]))));
}
