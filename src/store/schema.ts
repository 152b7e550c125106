import type { Generated, Kysely } from 'kysely';
import type { ActorKind, AuditOutcome } from '../domain/audit/entry.ts';
import type { BackupState } from '../domain/backup/backup.ts';
import type { Desired, Phase } from '../domain/instance/instance.ts';
import type { Resolution } from '../domain/monitoring/sample.ts';
import type { EngineName } from '../domain/template/template.ts';
import type { Role } from '../domain/user/user.ts';
import type { ShareTables } from './share-schema.ts';
import type { SignInTables } from './sign-in-schema.ts';
import type { WebhookTables } from './webhook-schema.ts';

/**
 * The tables as the newest migration leaves them, the same on SQLite and PostgreSQL. Times are milliseconds since 1970; JSON is text on both,
 * because almost nothing searches inside it (restoring.ts and quota.ts look for a member as it is written, of few rows); flags are 0 or 1.
 */
export interface Schema extends WebhookTables, SignInTables, ShareTables {
  schema_migrations: { version: number; name: string; applied_at: number };
  users: UserRow;
  tokens: TokenRow;
  templates: TemplateRow;
  instances: InstanceRow;
  ports: PortRow;
  /** One row: the port that was handed out last. Its lock makes reservations go one after the other. */
  port_cursor: { id: number; last_port: number };
  events: EventRow;
  idempotency: IdempotencyRow;
  settings: { key: string; value: string };
  heartbeats: { worker: string; at: number; state: string };
  /** Gateway processes, and when they reported last. One that ended in good order has no row. */
  gateways: { gateway: string; alive_at: number };
  gateway_activity: GatewayActivityRow;
  samples: SampleRow;
  backups: BackupRow;
  audit: AuditRow;
}

export type Queries = Kysely<Schema>;

export interface UserRow {
  id: string;
  username: string;
  display_name: string;
  email: string | null;
  role: Role;
  quota_instances: number;
  quota_memory_bytes: number;
  quota_cpus: number;
  quota_backup_bytes: number;
  disabled: number;
  sign_ins_ended_at: number | null;
  sign_in_kept: string | null;
  last_seen_at: number | null;
  /** @see ./search-text.ts */
  search: string;
  created_at: number;
}

export interface TokenRow {
  id: string;
  user_id: string;
  name: string;
  /** JSON: TokenScope[]. */
  scopes: string;
  secret_hash: string;
  created_at: number;
  expires_at: number | null;
  last_used_at: number | null;
  began_with: string | null;
}

export interface TemplateRow {
  key: string;
  /** JSON: TemplateDocument. */
  document: string;
  builtin: number;
  /** JSON: Availability. */
  availability: string | null;
  created_at: number;
  updated_at: number;
}

/** Columns for what is searched, counted or compared; JSON for the rest. */
export interface InstanceRow {
  id: string;
  owner_id: string;
  owner_name: string;
  name: string;
  template_key: string;
  type: string;
  engine: EngineName;
  slug: string;
  port: number;
  desired: Desired;
  generation: number;
  phase: Phase;
  observed_generation: number;
  next_try_at: number | null;
  /** When the reconciler should look: at once (time of the change) while generation > observed_generation, else next_try_at. */
  due_at: number | null;
  memory_bytes: number;
  cpus: number;
  lease_holder: string | null;
  lease_token: number;
  lease_until: number | null;
  created_at: number;
  updated_at: number;
  /** Sealed. */
  password: string;
  next_password: string | null;
  /** JSON: SpecDocument. */
  spec: string;
  /** JSON: StatusDocument. */
  status: string;
  /** JSON: TemplateDocument as it was at creation. */
  template: string;
  /** JSON: Health; null: never checked. */
  health: string | null;
  /** Of a person; null in rows of before version 3 that nobody has touched since. */
  last_action_at: number | null;
  /** These three also stand in the spec. */
  sleep_after_ms: number | null;
  remove_after_ms: number | null;
  expires_at: number | null;
  warned_at: number | null;
  warned_for: string | null;
}

/** A port is busy while it has an instance or any of the three times lies ahead. No row: free. */
export interface PortRow {
  port: number;
  instance_id: string | null;
  reserved_until: number | null;
  quarantined_until: number | null;
  blocked_until: number | null;
}

/** One for each instance and gateway process; with an empty `gateway` what processes counted that are gone. */
export interface GatewayActivityRow {
  instance_id: string;
  gateway: string;
  open: number;
  /** Of those, logged in. */
  sessions: number;
  connections: number;
  bytes_in: number;
  bytes_out: number;
  last_used_at: number;
}

/** Points of one hour (minutes) or day (quarters of an hour), see src/domain/monitoring/sample.ts. */
export interface SampleRow {
  instance_id: string;
  /** `pulse`: one row for each instance, see repositories/pulses.ts. */
  resolution: Resolution | 'pulse';
  /** Begin of the row's time; of a pulse: when it was noted last. */
  start: number;
  /** JSON. */
  points: string;
}

export interface EventRow {
  id: Generated<number>;
  instance_id: string;
  owner_id: string;
  type: string;
  message: string;
  /** JSON object. */
  data: string;
  at: number;
}

export interface AuditRow {
  id: Generated<number>;
  at: number;
  actor_kind: ActorKind;
  actor_id: string | null;
  actor_name: string;
  token_id: string | null;
  source: string | null;
  request_id: string | null;
  action: string;
  subject: string | null;
  instance_id: string | null;
  owner_id: string | null;
  outcome: AuditOutcome;
  code: string | null;
  /** JSON object. */
  detail: string;
}

export interface BackupRow {
  id: string;
  instance_id: string;
  owner_id: string;
  state: BackupState;
  created_at: number;
  expires_at: number | null;
  bytes: number;
  /** JSON: everything else of a Backup. */
  document: string;
}

export interface IdempotencyRow {
  user_id: string;
  key: string;
  request_hash: string;
  /** Both null while the first request is being worked on. */
  response_status: number | null;
  response_instance_id: string | null;
  expires_at: number;
  created_at: number;
}
