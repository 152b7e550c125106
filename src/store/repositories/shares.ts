import { DbmakerError } from '../../domain/errors.ts';
import { SHARED_EVENT, UNSHARED_EVENT, type Share, type ShareAccess } from '../../domain/instance/share.ts';
import type { ShareRepository } from '../../domain/ports/share-store.ts';
import type { Database } from '../database.ts';
import { lockRow } from '../instance-change.ts';
import { findShare } from '../share-lookup.ts';
import { appendEvents } from './events.ts';

/** Whatever changes shares of an instance locks its row first, as does what changes the instance: so they come one after the other. */
export class Shares implements ShareRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async put(instanceId: string, userId: string, access: ShareAccess, { by, limit }: { by: string; limit: number }): Promise<Share> {
    return this.#database.write(async (queries) => {
      const instance = await lockRow(this.#database, queries, instanceId);
      if (instance === null) throw new DbmakerError('not_found', 'There is no such database.');
      const user = await queries.selectFrom('users').select(['username', 'display_name']).where('id', '=', userId).executeTakeFirst();
      if (user === undefined) throw new DbmakerError('not_found', 'There is no such user.');
      if (instance.owner_id === userId) throw new DbmakerError('invalid_request', `It is ${user.username}'s own: an owner may do everything already.`, { fields: { '/username': 'owns it' } });
      if (instance.desired === 'deleted') throw new DbmakerError('conflict', 'It is being deleted and cannot be shared any more.');
      const others = await queries.selectFrom('shares').select(['user_id', 'access', 'created_at']).where('instance_id', '=', instanceId).execute();
      const known = others.find(({ user_id }) => user_id === userId);
      const now = this.#database.clock.now();
      const share: Share = { instanceId, userId, username: user.username, displayName: user.display_name, access, createdAt: known?.created_at ?? now };
      if (known?.access === access) return share;
      if (known !== undefined) {
        await queries.updateTable('shares').set({ access }).where('instance_id', '=', instanceId).where('user_id', '=', userId).execute();
      } else {
        if (others.length >= limit) throw new DbmakerError('quota_exceeded', `It is shared with ${String(others.length)} people already, and may be with no more.`, { remedy: 'End sharing it with somebody first.' });
        await queries.insertInto('shares').values({ instance_id: instanceId, user_id: userId, access, created_at: now, instance_created_at: instance.created_at }).execute();
      }
      const message = known === undefined ? `Shared with ${user.username} as ${access}.` : `${user.username} is ${access} now, no longer ${known.access}.`;
      await appendEvents(this.#database, queries, [{
        instanceId, ownerId: instance.owner_id, type: SHARED_EVENT, message, data: { username: user.username, access, by }, addressees: [userId],
      }], now);
      return share;
    });
  }

  async remove(instanceId: string, userId: string, { by }: { by: string }): Promise<boolean> {
    return this.#database.write(async (queries) => {
      const instance = await lockRow(this.#database, queries, instanceId);
      if (instance === null) return false;
      const { numDeletedRows } = await queries.deleteFrom('shares').where('instance_id', '=', instanceId).where('user_id', '=', userId).executeTakeFirst();
      if (numDeletedRows === 0n) return false;
      const { username } = await queries.selectFrom('users').select('username').where('id', '=', userId).executeTakeFirstOrThrow();
      await appendEvents(this.#database, queries, [{
        instanceId, ownerId: instance.owner_id, type: UNSHARED_EVENT, message: by === username ? `${username} has left it.` : `No longer shared with ${username}.`,
        data: { username, by }, addressees: [userId],
      }], this.#database.clock.now());
      return true;
    });
  }

  async list(instanceId: string): Promise<Share[]> {
    const rows = await this.#database.read((queries) => queries.selectFrom('shares').innerJoin('users', 'users.id', 'shares.user_id')
      .select(['shares.user_id as userId', 'users.username', 'users.display_name as displayName', 'shares.access', 'shares.created_at as createdAt'])
      .where('shares.instance_id', '=', instanceId).orderBy('shares.created_at').orderBy('users.username').execute());
    return rows.map((row) => ({ instanceId, ...row }));
  }

  async get(instanceId: string, userId: string): Promise<ShareAccess | null> {
    const row = await this.#database.read((queries) => findShare(queries, instanceId, userId));
    return row?.access ?? null;
  }

  async of(instanceIds: readonly string[]): Promise<Map<string, Map<string, ShareAccess>>> {
    if (instanceIds.length === 0) return new Map();
    const rows = await this.#database.read((queries) => queries.selectFrom('shares').select(['instance_id', 'user_id', 'access']).where('instance_id', 'in', instanceIds).execute());
    const found = new Map<string, Map<string, ShareAccess>>();
    for (const { instance_id, user_id, access } of rows) {
      const people = found.get(instance_id) ?? new Map<string, ShareAccess>();
      found.set(instance_id, people.set(user_id, access));
    }
    return found;
  }
}
