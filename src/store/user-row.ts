import type { NewUser, User } from '../domain/user/user.ts';
import type { Database } from './database.ts';
import type { Queries, UserRow } from './schema.ts';
import { searchText } from './search-text.ts';

export function toUser(row: UserRow): User {
  return {
    id: row.id,
    username: row.username,
    displayName: row.display_name,
    email: row.email,
    role: row.role,
    quota: { instances: row.quota_instances, memoryBytes: row.quota_memory_bytes, cpus: row.quota_cpus, backupBytes: row.quota_backup_bytes },
    disabled: row.disabled === 1,
    signInsEnded: row.sign_ins_ended_at === null ? null : { at: row.sign_ins_ended_at, kept: row.sign_in_kept },
    lastSeenAt: row.last_seen_at,
    createdAt: row.created_at,
  };
}

export function newUserRow(user: NewUser, now: number): UserRow {
  return { id: user.id, username: user.username, ...changeable({ ...user, disabled: false }), sign_ins_ended_at: null, sign_in_kept: null, last_seen_at: null, created_at: now };
}

/** Columns of what admins and issuers change. */
export function changeable(user: Pick<User, 'username' | 'displayName' | 'email' | 'role' | 'quota' | 'disabled'>): Omit<UserRow, 'id' | 'username' | 'sign_ins_ended_at' | 'sign_in_kept' | 'last_seen_at' | 'created_at'> {
  return {
    display_name: user.displayName,
    email: user.email,
    role: user.role,
    quota_instances: user.quota.instances,
    quota_memory_bytes: user.quota.memoryBytes,
    quota_cpus: user.quota.cpus,
    quota_backup_bytes: user.quota.backupBytes,
    disabled: user.disabled ? 1 : 0,
    search: searchText(user),
  };
}

/** The user, locked until the end of the transaction (SQLite's writer is alone anyway). null: there is none. */
export async function lockUser(database: Database, queries: Queries, id: string): Promise<User | null> {
  const row = await queries.selectFrom('users').selectAll().where('id', '=', id)
    .$if(database.kind === 'postgresql', (query) => query.forNoKeyUpdate()).executeTakeFirst();
  return row ? toUser(row) : null;
}
