import assert from 'node:assert/strict';
import { backedUp, type BackupFile } from '../../src/domain/backup/backup.ts';
import type { Instance, InstanceSpec } from '../../src/domain/instance/instance.ts';
import type { BackupPlace } from '../../src/domain/ports/backups.ts';
import type { NewInstance, Store } from '../../src/domain/ports/store.ts';
import type { Quota, User } from '../../src/domain/user/user.ts';
import { isDbmakerError, type DbmakerError, type ErrorCode } from '../../src/domain/errors.ts';
import type { TemplateDocument } from '../../src/domain/template/template.ts';
import type { ManualClock } from './manual-clock.ts';

/** An empty store under test, and the means to open the same one once more, as another process would. */
export interface StoreUnderTest extends AsyncDisposable {
  readonly store: Store;
  readonly clock: ManualClock;
  /** Closed together with the first one. */
  another(): Promise<Store>;
}

/** @param open the same database each time; closed before `cleanUp` */
export async function storeUnderTest(clock: ManualClock, open: () => Promise<Store>, cleanUp: () => void): Promise<StoreUnderTest> {
  const opened: Store[] = [];
  const another = async (): Promise<Store> => {
    const store = await open();
    opened.push(store);
    return store;
  };
  const dispose = async (): Promise<void> => {
    await Promise.all(opened.map((store) => store.close()));
    cleanUp();
  };
  try {
    return { store: await another(), clock, another, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

export const MB = 1024 * 1024;
export const RANGE = { from: 10000, to: 19999 };

export const TEMPLATE: TemplateDocument = {
  name: 'Redis', type: 'redis', image: 'redis:7-alpine', defaultPort: 6379, connectionStringTemplate: 'redis://{subdomain}:{port}',
};

let count = 0;
/** Different each time within this process; valid as an instance's id. */
export function nextId(): string {
  count += 1;
  return `a${String(count).padStart(11, '0')}`;
}

export function addUser(store: Store, quota: Partial<Quota> = {}): Promise<User> {
  const id = nextId();
  return store.users.create({
    id, username: `user-${id}`, displayName: 'Ada', email: null, role: 'user', quota: { instances: 1000, memoryBytes: 1_000_000 * MB, cpus: 10_000, backupBytes: 1_000_000 * MB, ...quota },
  });
}

type Wish = Partial<Omit<NewInstance, 'spec'>> & { spec?: Partial<NewInstance['spec']> };

/** What a creation is given; `port` must be reserved. */
export function newInstance(owner: Pick<User, 'id' | 'username'>, port: number, wish: Wish = {}): NewInstance {
  const id = wish.id ?? nextId();
  const spec: Omit<InstanceSpec, 'generation' | 'restarts'> = {
    desired: 'running', template: TEMPLATE, resources: { memoryBytes: 256 * MB, cpus: 0.5, pids: 100 },
    username: 'ada', database: '0', sleepAfterMs: null, removeAfterMs: 86_400_000, access: { tlsOnly: false, allow: [] }, ...wish.spec,
  };
  return {
    id, ownerId: owner.id, ownerName: owner.username, name: `name-${id}`, templateKey: 'redis', type: 'redis', engine: 'redis',
    slug: `ada-redis-${id}`, port, secrets: { password: `sealed-${id}`, nextPassword: null }, ...wish, spec,
  };
}

/** Reserves a port and makes an instance with it. */
export async function addInstance(store: Store, owner: User, wish: Wish = {}): Promise<Instance> {
  const port = wish.port ?? await store.ports.reserve(RANGE, 60_000);
  return store.instances.create(newInstance(owner, port, wish));
}

/** A backup of an instance that is there, as a worker makes it; `expiresAt`: null: it is still being made. @returns where its files are */
export async function addBackup(store: Store, instance: Instance, { id = nextId(), files = [], password = 'sealed', expiresAt }: { id?: string; files?: readonly BackupFile[]; password?: string; expiresAt: number | null }): Promise<BackupPlace> {
  await store.backups.begin({ id, instanceId: instance.id, ownerId: instance.ownerId, of: backedUp(instance, { password }), format: 'rdb' });
  const lease = await store.instances.acquireLease(instance.id, 'backup', 1000);
  assert.ok(lease);
  const attempt = await store.backups.beginAttempt(lease, id);
  assert.ok(attempt !== null);
  const place = { id, attempt };
  if (expiresAt !== null) assert.ok(await store.backups.finish(lease, place, { files, details: {}, note: null, expiresAt, login: { password } }));
  await store.instances.releaseLease(lease);
  return place;
}

/** What was thrown, which must be a DbmakerError of this code. */
export async function failure(work: Promise<unknown>, code: ErrorCode): Promise<DbmakerError> {
  try {
    await work;
  } catch (error) {
    if (isDbmakerError(error, code)) return error;
    throw new Error(`expected ${code}, got ${String(error)}`, { cause: error });
  }
  assert.fail(`expected ${code}, but it worked`);
}
