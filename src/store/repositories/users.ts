import { DbmakerError, isDbmakerError } from '../../domain/errors.ts';
import type { Page, UserRepository } from '../../domain/ports/store.ts';
import type { Held, User } from '../../domain/user/user.ts';
import type { Database } from '../database.ts';
import { switchOffGlobalWebhooks } from '../demote.ts';
import { page } from '../pages.ts';
import { sumOf } from '../quota.ts';
import type { UserRow } from '../schema.ts';

export class Users implements UserRepository {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async create(user: Omit<User, 'createdAt'>): Promise<User> {
    const created: User = { ...user, createdAt: this.#database.clock.now() };
    try {
      await this.#database.write((queries) => queries.insertInto('users').values(toRow(created)).execute());
    } catch (error) {
      if (!isDbmakerError(error, 'conflict')) throw error;
      throw new DbmakerError('name_taken', `There is a user ${user.username} already.`, { cause: error, fields: { '/username': 'is taken' } });
    }
    return created;
  }

  async get(id: string): Promise<User | null> {
    const row = await this.#database.read((queries) => queries.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst());
    return row ? toUser(row) : null;
  }

  async getByUsername(username: string): Promise<User | null> {
    const row = await this.#database.read((queries) => queries.selectFrom('users').selectAll().where('username', '=', username).executeTakeFirst());
    return row ? toUser(row) : null;
  }

  async list(options: { limit: number; cursor?: string }): Promise<Page<User>> {
    return this.#database.read((queries) => page(queries.selectFrom('users').selectAll(), options, toUser));
  }

  async usage(id: string): Promise<Held> {
    return this.#database.read((queries) => sumOf(queries, id));
  }

  async update(id: string, change: Parameters<UserRepository['update']>[1]): Promise<User> {
    return this.#database.write(async (queries) => {
      const lookUp = queries.selectFrom('users').selectAll().where('id', '=', id);
      const row = await lookUp.$if(this.#database.kind === 'postgresql', (query) => query.forNoKeyUpdate()).executeTakeFirst();
      if (!row) throw new DbmakerError('not_found', 'There is no such user.');
      const user = toUser(row);
      const changed: User = {
        ...user, displayName: change.displayName ?? user.displayName, email: change.email === undefined ? user.email : change.email, role: change.role ?? user.role, quota: change.quota ?? user.quota,
      };
      await queries.updateTable('users').set(toRow(changed)).where('id', '=', id).execute();
      if (user.role === 'admin' && changed.role !== 'admin') await switchOffGlobalWebhooks(this.#database, queries, id);
      return changed;
    });
  }
}

export function toUser(row: UserRow): User {
  return {
    id: row.id,
    username: row.username,
    displayName: row.display_name,
    email: row.email,
    role: row.role,
    quota: { instances: row.quota_instances, memoryBytes: row.quota_memory_bytes, cpus: row.quota_cpus, backupBytes: row.quota_backup_bytes },
    createdAt: row.created_at,
  };
}

export function toRow(user: User): UserRow {
  return {
    id: user.id,
    username: user.username,
    display_name: user.displayName,
    email: user.email,
    role: user.role,
    quota_instances: user.quota.instances,
    quota_memory_bytes: user.quota.memoryBytes,
    quota_cpus: user.quota.cpus,
    quota_backup_bytes: user.quota.backupBytes,
    created_at: user.createdAt,
  };
}
