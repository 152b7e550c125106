import type { Log } from '../domain/ports/log.ts';
import type { Store } from '../domain/ports/store.ts';
import type { Database } from './database.ts';
import { MIGRATIONS } from './migrations/index.ts';
import { runMigrations } from './migrations/run.ts';
import { Activity } from './repositories/activity.ts';
import { Audit } from './repositories/audit.ts';
import { Backups } from './repositories/backups.ts';
import { Events } from './repositories/events.ts';
import { Heartbeats } from './repositories/heartbeats.ts';
import { Idempotency } from './repositories/idempotency.ts';
import { Instances } from './repositories/instances.ts';
import { Ports } from './repositories/ports.ts';
import { Pulses } from './repositories/pulses.ts';
import { Samples } from './repositories/samples.ts';
import { Settings } from './repositories/settings.ts';
import { Shares } from './repositories/shares.ts';
import { SignIn } from './repositories/sign-in.ts';
import { Templates } from './repositories/templates.ts';
import { Tokens } from './repositories/tokens.ts';
import { Users } from './repositories/users.ts';
import { Deliveries } from './repositories/webhook-deliveries.ts';
import { Webhooks } from './repositories/webhooks.ts';

/** The store on either database. */
export class SqlStore implements Store {
  readonly users: Users;
  readonly tokens: Tokens;
  readonly templates: Templates;
  readonly instances: Instances;
  readonly shares: Shares;
  readonly ports: Ports;
  readonly events: Events;
  readonly idempotency: Idempotency;
  readonly settings: Settings;
  readonly heartbeats: Heartbeats;
  readonly activity: Activity;
  readonly samples: Samples;
  readonly pulses: Pulses;
  readonly webhooks: Webhooks;
  readonly deliveries: Deliveries;
  readonly backups: Backups;
  readonly audit: Audit;
  readonly signIn: SignIn;
  readonly #database: Database;
  readonly #log: Log | undefined;

  constructor(database: Database, log?: Log) {
    this.#database = database;
    this.#log = log;
    this.users = new Users(database);
    this.tokens = new Tokens(database);
    this.templates = new Templates(database);
    this.instances = new Instances(database);
    this.shares = new Shares(database);
    this.ports = new Ports(database);
    this.events = new Events(database);
    this.idempotency = new Idempotency(database);
    this.settings = new Settings(database);
    this.heartbeats = new Heartbeats(database);
    this.activity = new Activity(database);
    this.samples = new Samples(database);
    this.pulses = new Pulses(database);
    this.webhooks = new Webhooks(database);
    this.deliveries = new Deliveries(database);
    this.backups = new Backups(database);
    this.audit = new Audit(database);
    this.signIn = new SignIn(database);
  }

  async migrate(): Promise<void> {
    const applied = await runMigrations(this.#database, MIGRATIONS);
    if (applied.length > 0) this.#log?.info({ database: this.#database.kind, applied }, 'brought the schema of the store up to date');
  }

  async ping(): Promise<void> {
    await this.#database.read((queries) => queries.selectFrom('schema_migrations').select('version').limit(1).execute());
  }

  async close(): Promise<void> {
    await this.#database.close();
  }
}
