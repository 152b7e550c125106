import type { InstanceEvent, NewEvent } from '../instance/event.ts';
import type { InstanceRoute } from '../instance/route.ts';
import type { Health } from '../monitoring/health.ts';
import type { Point, Resolution, Sample } from '../monitoring/sample.ts';
import type { PolicySubject } from '../policy/policy.ts';
import type { Access, Desired, Instance, InstanceSpec, InstanceStatus, Phase, SealedSecrets } from '../instance/instance.ts';
import type { Availability, Template, TemplateDocument } from '../template/template.ts';
import type { ApiToken, Held, NewUser, Quota, User, UserChange } from '../user/user.ts';
import type { ActivityRepository, PulseBeat, PulseRepository } from './activity-store.ts';
import type { AuditEnd, AuditFilter, AuditRepository } from './audit-store.ts';
import type { BackupRepository } from './backup-store.ts';
import type { Lease } from './lease.ts';
import type { Page } from './page.ts';
import type { ShareRepository, VisibleInstance } from './share-store.ts';
import type { Began, SignInStore } from './sign-in-store.ts';
import type { DeliveryRepository, WebhookRepository } from './webhook-store.ts';

export type { ActivityRepository, AuditEnd, AuditFilter, AuditRepository, BackupRepository, Lease, Page, PulseBeat, PulseRepository, ShareRepository, VisibleInstance };

/**
 * All methods throw DbmakerError: store_unavailable, store_read_only, disk_full when the database does not answer or cannot write;
 * nothing is changed then. Each method is one transaction.
 */
export interface Store {
  readonly users: UserRepository;
  readonly tokens: TokenRepository;
  readonly templates: TemplateRepository;
  readonly instances: InstanceRepository;
  readonly shares: ShareRepository;
  readonly ports: PortRepository;
  readonly events: EventRepository;
  readonly idempotency: IdempotencyRepository;
  readonly settings: SettingRepository;
  readonly heartbeats: HeartbeatRepository;
  readonly activity: ActivityRepository;
  readonly samples: SampleRepository;
  readonly pulses: PulseRepository;
  readonly webhooks: WebhookRepository;
  readonly deliveries: DeliveryRepository;
  readonly backups: BackupRepository;
  readonly audit: AuditRepository;
  readonly signIn: SignInStore;
  /** Brings the schema up to date; safe when several processes start at once. */
  migrate(): Promise<void>;
  /** @throws store_unavailable */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface UserRepository {
  /** @throws name_taken */
  create(user: NewUser): Promise<User>;
  get(id: string): Promise<User | null>;
  getByUsername(username: string): Promise<User | null>;
  /** `search`: part of the username, the display name or the email address, whatever the case of its letters. */
  list(options: { limit: number; cursor?: string; search?: string }): Promise<Page<User>>;
  /** What of their quota is in use, backups apart. */
  usage(id: string): Promise<Held>;
  /** What of their quotas these users have in use, backups included. For a page of them at most. */
  usages(ids: readonly string[]): Promise<ReadonlyMap<string, Quota>>;
  /**
   * Who is no admin any more, or disabled: their global webhooks go off, with an event each. Who is disabled: all their sign-ins end.
   * @throws not_found, conflict (nobody would be left who is an admin and not disabled)
   */
  update(id: string, change: UserChange): Promise<User>;
  /** Notes that they were here. Coarse, like {@link TokenRepository.touch}. */
  seen(user: User): Promise<void>;
}

export interface AskedWith {
  readonly by: { readonly userId: string; readonly beganWith: string; readonly began: Began };
  readonly most: number;
}

export interface TokenRepository {
  /**
   * `secretHash`: SHA-256 of the secret, hex.
   * @param asked `by`: with what somebody (its user, or an admin) makes it: a sign-in that is ended at the same time leaves none behind. `most`: how many
   * its user may have, sessions aside, also when several are made at once
   * @throws unauthenticated when that is good for nothing (any more), quota_exceeded
   */
  create(token: Omit<ApiToken, 'createdAt' | 'lastUsedAt' | 'beganWith'>, secretHash: string, asked?: AskedWith): Promise<ApiToken>;
  /** Sessions, too. Expired ones too (the caller says so); null for unknown and revoked. */
  findByHash(secretHash: string): Promise<{ token: ApiToken; user: User } | null>;
  /** Sessions, too. */
  listByUser(userId: string): Promise<ApiToken[]>;
  /** With the sessions that were begun with it. @returns whether there was such a token of this user */
  delete(userId: string, tokenId: string): Promise<boolean>;
  /** Coarse: may be dropped when the last value is under a minute old. */
  touch(tokenId: string): Promise<void>;
}

export interface TemplateRepository {
  /** @throws conflict when the key is there */
  create(key: string, document: TemplateDocument, options: { builtin: boolean }): Promise<Template>;
  /** Makes or replaces a built-in one; leaves one that an admin has edited (builtin = false) alone. */
  putBuiltin(key: string, document: TemplateDocument): Promise<Template>;
  get(key: string): Promise<Template | null>;
  list(): Promise<Template[]>;
  /** A built-in one becomes the admin's (builtin = false). @throws template_not_found */
  replace(key: string, document: TemplateDocument): Promise<Template>;
  /** @throws template_not_found */
  delete(key: string): Promise<void>;
  setAvailability(key: string, availability: Availability): Promise<void>;
}

export interface NewInstance {
  readonly id: string;
  readonly ownerId: string;
  readonly ownerName: string;
  readonly name: string;
  readonly templateKey: string;
  readonly type: string;
  readonly engine: Instance['engine'];
  readonly slug: string;
  readonly port: number;
  /** Without generation (starts at 1) and restarts (0). */
  readonly spec: Omit<InstanceSpec, 'generation' | 'restarts'>;
  readonly secrets: SealedSecrets;
}

/** What a person may change; each change raises the generation. */
export interface SpecChange {
  readonly desired?: Desired;
  /** Only with desired = deleted. Asked again, `false` gives up a backup that was wanted before; nothing brings it back. */
  readonly finalBackup?: boolean;
  readonly restart?: true;
  readonly resources?: InstanceSpec['resources'];
  readonly sleepAfterMs?: number | null;
  readonly removeAfterMs?: number | null;
  readonly expiresAt?: number | null;
  /** Members left out stay as they are. */
  readonly access?: Partial<Access>;
  readonly name?: string;
  /** Sealed; starts a rotation. @see SealedSecrets */
  readonly nextPassword?: string;
}

/** The little that a full resync needs of each row. */
export interface InstanceOverview {
  readonly id: string;
  readonly desired: Desired;
  readonly phase: Phase;
  readonly generation: number;
  readonly observedGeneration: number;
  readonly nextTryAt: number | null;
  readonly port: number;
}

export interface InstanceFilter {
  readonly ownerId?: string;
  readonly type?: string;
  readonly phase?: Phase;
  /** Part of name or slug. */
  readonly search?: string;
}

export interface ChangeOptions {
  readonly event?: Pick<NewEvent, 'type' | 'message' | 'data'>;
  /** Nothing changes otherwise. */
  readonly onlyIfDesired?: readonly Desired[];
  readonly onlyIfGeneration?: number;
  /** User id: somebody with whom it is shared does this. Whoever is no operator of it by now changes nothing: forbidden, or not_found. */
  readonly asOperator?: string;
  /** false: a policy, or a connection that is not logged in yet, is no use of the instance. Default: true. */
  readonly isUse?: boolean;
}

export interface InstanceRepository {
  /**
   * Checks the owner's quota, takes the reserved port and writes the row and an `instance.created` event, all or nothing.
   * @throws quota_exceeded, name_taken (same owner, same name), conflict (slug or id taken, port reservation lost: try with new ones)
   */
  create(instance: NewInstance): Promise<Instance>;
  get(id: string): Promise<Instance | null>;
  /** Those of `ids` that there are, in no order. For some hundred at most. */
  some(ids: readonly string[]): Promise<Instance[]>;
  getBySlug(slug: string): Promise<Instance | null>;
  getByPort(port: number): Promise<Instance | null>;
  list(filter: InstanceFilter, options: { limit: number; cursor?: string }): Promise<Page<Instance>>;
  /** The same of what somebody owns and what is shared with them, in one order, each with what they may do with it at the moment of reading. */
  listVisible(userId: string, filter: Omit<InstanceFilter, 'ownerId'>, options: { limit: number; cursor?: string }): Promise<Page<VisibleInstance>>;
  /**
   * Applies a change and writes `event`. A deleted one stays deleted: any other change of it throws not_found.
   * `wake`: only if it is asleep (desired = sleeping), else nothing changes.
   * @throws not_found, name_taken, quota_exceeded (resources), conflict (a rotation is already under way)
   */
  change(id: string, change: SpecChange, options?: ChangeOptions): Promise<Instance>;
  /** Ids with work to do now: a newer generation than observed, or nextTryAt reached (or absurdly far); not leased by another. Oldest first. */
  due(limit: number): Promise<string[]>;
  /** Every row. Cheap: called for the full resync over 10,000 rows. */
  overview(): Promise<InstanceOverview[]>;
  /**
   * What the gateway needs of every row, or of those that changed at or after `changedSince` (milliseconds since 1970). Deleted rows are not in
   * it: `instance.deleted` events tell of those. Read in parts, so that other work of the process gets its turn: each row is as it was at some
   * moment of the call. `updatedAt` of a row rises with each of its changes.
   */
  routes(options?: { changedSince?: number }): Promise<InstanceRoute[]>;
  /** null when another worker holds an unexpired lease (of minutes at most: `ttlMs` must be less) or the row is gone. */
  acquireLease(id: string, holder: string, ttlMs: number): Promise<Lease | null>;
  /** false when the lease is lost. */
  renewLease(lease: Lease, ttlMs: number): Promise<boolean>;
  releaseLease(lease: Lease): Promise<void>;
  /**
   * Writes the status (members given) and events in one transaction. A phase that changes sets `since` by itself.
   * `rotated`: nextPassword becomes password, if it still is the given sealed text. `rotationRefused`: nextPassword is dropped, likewise.
   * `volatile`: a power cut may undo it (not the end of our process), so it takes no wait for the disk. @returns false when the lease is lost: nothing was written
   */
  report(lease: Lease, status: Partial<Omit<InstanceStatus, 'since'>>, options?: { events?: readonly Pick<NewEvent, 'type' | 'message' | 'data'>[]; rotated?: string; rotationRefused?: string; volatile?: boolean }): Promise<boolean>;
  /** Row gone, port into quarantine until `quarantineUntil`, `instance.deleted` event: the verified end. false when the lease is lost. */
  close(lease: Lease, options: { quarantineUntil: number }): Promise<boolean>;
  /** What the policies look at, of every row that is not being deleted, or of one; connections as {@link ActivityRepository.get} counts them. */
  policySubjects(aliveMs: number, id?: string): Promise<PolicySubject[]>;
  /** Notes when and of what the owner was warned (null: the warning is taken back), and writes the event. @returns false: it is gone or being deleted */
  warn(id: string, warning: { at: number; because: string } | null, event: Pick<NewEvent, 'type' | 'message' | 'data'>): Promise<boolean>;
  /** What the monitor saw, and events; of those of type `HEALTH_EVENT` the newest `HEALTH_KEPT` are kept. @returns false: it is gone */
  reportHealth(id: string, health: Health | null, events?: readonly Pick<NewEvent, 'type' | 'message' | 'data'>[]): Promise<boolean>;
  /** Counts by phase, and what is promised to instances. */
  totals(): Promise<{ byPhase: Partial<Record<Phase, number>>; memoryBytes: number; cpus: number }>;
}

/** Figures over time. */
export interface SampleRepository {
  /**
   * Adds the figures of a minute (`at`: any time within it) and brings the means of its quarter of an hour up to date. Those of instances that
   * are gone are dropped. May be lost in a power cut.
   */
  append(at: number, samples: readonly { readonly instanceId: string; readonly sample: Sample }[]): Promise<void>;
  /** Points of `from` <= at < `to`, oldest first. */
  list(instanceId: string, resolution: Resolution, range: { from: number; to: number }): Promise<Point[]>;
  /** Removes what has been kept long enough. */
  forget(): Promise<void>;
}

export interface PortRepository {
  /**
   * A free port of the range (not taken, not in quarantine, not blocked), reserved for `ttlMs` until InstanceRepository.create takes it.
   * Starts after the last one handed out, so that a port is not reused at once. @throws ports_exhausted
   */
  reserve(range: { from: number; to: number }, ttlMs: number): Promise<number>;
  /** Something else on this host listens there: leave it alone until `until`. */
  block(port: number, until: number): Promise<void>;
  /** Gives a reservation back at once. */
  unreserve(port: number): Promise<void>;
  counts(range: { from: number; to: number }): Promise<{ taken: number; quarantined: number; free: number }>;
}

export interface EventFilter {
  readonly instanceId?: string;
  readonly ownerId?: string;
  readonly type?: string;
  readonly notTypes?: readonly string[];
}

export interface EventPage {
  /** Ids greater than this. */
  readonly after?: number;
  /** Ids less than this. */
  readonly before?: number;
  /** Default: oldest first. */
  readonly newestFirst?: boolean;
  readonly limit: number;
}

export interface EventRepository {
  append(event: NewEvent): Promise<InstanceEvent>;
  list(filter: EventFilter, page: EventPage): Promise<InstanceEvent[]>;
  /**
   * Oldest first, all that concerns one user: events of what they own, of what is shared with them now, and those that are addressed to them
   * (`addressees`). That something is shared with others, or no more, concerns its owner alone.
   */
  listConcerning(userId: string, options: { after: number; limit: number }): Promise<InstanceEvent[]>;
  /** Who of those that do not own it an event is addressed to, whatever they may see by now: who got or lost access by it. Event id -> user ids. */
  addressees(eventIds: readonly number[]): Promise<ReadonlyMap<number, readonly string[]>>;
  /** Removes what is older than `before`: of one type, or of all. @returns how many; call again while it is `limit` */
  forget(options: { before: number; type?: string; limit: number }): Promise<number>;
  /**
   * How many events there are with `after` < id <= `upTo`, counted no further than to `limit`; Infinity where the oldest of them may be forgotten
   * already. Those that are forgotten sooner than others (of one type) do not count as missing.
   */
  behind(filter: { concerning?: string }, options: { after: number; upTo: number; limit: number }): Promise<number>;
  /** The highest id that there is; 0 without any. */
  lastId(): Promise<number>;
}

export interface IdempotencyRecord {
  readonly requestHash: string;
  /** null while the first request is still being worked on. */
  readonly response: { readonly status: number; readonly instanceId: string } | null;
}

export interface IdempotencyRepository {
  /** Claims the key; null: it is ours to work on, else what is there. A claim without a response expires after `ttlMs`. */
  begin(userId: string, key: string, requestHash: string, ttlMs: number): Promise<IdempotencyRecord | null>;
  finish(userId: string, key: string, response: { status: number; instanceId: string }): Promise<void>;
  /** The work failed without effect: the key may be used again. */
  abandon(userId: string, key: string): Promise<void>;
  deleteBefore(time: number): Promise<number>;
}

export interface SettingRepository {
  get(key: string): Promise<string | null>;
  /** Writes only if absent; returns what is there afterwards. */
  putIfAbsent(key: string, value: string): Promise<string>;
}

export interface Heartbeat {
  readonly worker: string;
  readonly at: number;
  /** Free-form state, e.g. of the runtime: shown by /health. */
  readonly state: Readonly<Record<string, unknown>>;
}

export interface HeartbeatRepository {
  beat(worker: string, state: Heartbeat['state']): Promise<void>;
  list(): Promise<Heartbeat[]>;
}
