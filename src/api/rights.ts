import { DbmakerError } from '../domain/errors.ts';
import type { Instance } from '../domain/instance/instance.ts';
import { accessOf, mayDo, type InstanceAccess, type InstanceAct } from '../domain/instance/share.ts';
import type { Store } from '../domain/ports/store.ts';
import type { Caller } from './caller.ts';

/** An instance, and what the caller may do with it. */
export interface Allowed {
  readonly instance: Instance;
  readonly access: InstanceAccess;
}

type Needs = Pick<Store, 'instances' | 'shares'>;

/**
 * The instance if the caller may do this with it: every route with the id of an instance goes through here. What their token may do (its scopes) was
 * looked at before.
 * @throws not_found, the same whether it belongs to somebody else or does not exist; forbidden when it is shared with them, but not for this
 */
export async function allowedInstance(store: Needs, caller: Caller, id: string, act: InstanceAct): Promise<Allowed> {
  const instance = await store.instances.get(id);
  if (instance === null) throw instanceNotFound();
  return { instance, access: await allowedAccess(store, caller, instance, act) };
}

/** The same of one that was read already, by what is true now: also for the end of an answer that took long. @throws as {@link allowedInstance} */
export async function allowedAccess(store: Needs, caller: Caller, instance: Instance, act: InstanceAct): Promise<InstanceAccess> {
  const access = await accessNow(store, caller, instance);
  if (access === null) throw instanceNotFound();
  if (!mayDo(access, act)) throw mayNot(access, act, instance);
  return access;
}

/** What the caller may do with it; null: for them there is none. Shares are read last, so that nothing is shown that was taken away before. */
export async function accessNow(store: Pick<Store, 'shares'>, { user, isAdmin }: Caller, { id, ownerId }: Pick<Instance, 'id' | 'ownerId'>): Promise<InstanceAccess | null> {
  const who = { userId: user.id, isAdmin };
  return accessOf(ownerId, who, null) ?? accessOf(ownerId, who, await store.shares.get(id, user.id));
}

export function instanceNotFound(): DbmakerError {
  return new DbmakerError('not_found', 'There is no such database.');
}

function mayNot(access: InstanceAccess, act: InstanceAct, { ownerName }: Instance): DbmakerError {
  if (act === 'manage') return new DbmakerError('forbidden', `This database is shared with you as ${access}: only its owner may do this, or an admin.`, { remedy: `Ask ${ownerName}, whose it is.` });
  return new DbmakerError('forbidden', `This database is shared with you as ${access}: you may look at it, not connect to it and not start or stop it.`, { remedy: `Ask ${ownerName}, whose it is, to make you an operator of it.` });
}
