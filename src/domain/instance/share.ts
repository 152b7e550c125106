/** As what an instance is shared with somebody. */
export type ShareAccess = 'viewer' | 'operator';

/** What somebody may do with an instance; `owner` also of an admin whose own it is. */
export type InstanceAccess = 'owner' | 'admin' | ShareAccess;

/**
 * `see`: state, figures, log, history. `operate`: also how to connect (with the password), start, stop, sleep, restart. `manage`: everything,
 * among it changing and deleting it, another password, and who else may do what.
 */
export type InstanceAct = 'see' | 'operate' | 'manage';

/** An instance that its owner shares with somebody. */
export interface Share {
  readonly instanceId: string;
  readonly userId: string;
  readonly username: string;
  readonly displayName: string;
  readonly access: ShareAccess;
  /** Since when it is shared with them, as whatever; milliseconds since 1970. */
  readonly createdAt: number;
}

/** People that one instance may be shared with: each of its events is told to all of them. */
export const MAX_SHARES = 50;

/** Somebody got access, or another one. */
export const SHARED_EVENT = 'instance.shared';
/** Somebody has no access any more. */
export const UNSHARED_EVENT = 'instance.unshared';

const MOST: Readonly<Record<InstanceAccess, InstanceAct>> = { owner: 'manage', admin: 'manage', operator: 'operate', viewer: 'see' };
const RANK: Readonly<Record<InstanceAct, number>> = { see: 1, operate: 2, manage: 3 };

/**
 * The one rule of who may do what with an instance; everything that shows or changes one asks it.
 * @param share what it is shared as with this person; null or undefined: it is not
 * @returns null: for this person there is no such instance
 */
export function accessOf(ownerId: string, who: { readonly userId: string; readonly isAdmin: boolean }, share: ShareAccess | null | undefined): InstanceAccess | null {
  if (ownerId === who.userId) return 'owner';
  return who.isAdmin ? 'admin' : (share ?? null);
}

export function mayDo(access: InstanceAccess, act: InstanceAct): boolean {
  return RANK[MOST[access]] >= RANK[act];
}
