import { Type } from 'typebox';
import type { Static } from 'typebox';
import { nullable, oneOf, PageQuery, ref, strictObject, Time } from './common.ts';

export const PHASES = ['pending', 'provisioning', 'running', 'sleeping', 'stopped', 'failed', 'deleting'] as const;

const Memory = Type.Unsafe<string | number>({ type: ['string', 'number'], description: '`512MB`, `1GB` or a number of bytes.', examples: ['512MB'] });
const Duration = Type.String({ maxLength: 20, description: 'Such as `30m`, `24h`, `7d`, or `never`.', examples: ['24h'] });

const AskedResources = strictObject({
  memory: Type.Optional(Memory),
  cpus: Type.Optional(Type.Number({ description: 'Fractions are fine.', examples: [1] })),
});

const TlsOnly = Type.Boolean({ description: 'Connections without TLS are refused, on its own port too.' });
const AllowedSources = Type.Array(Type.String({ maxLength: 100 }), { description: 'Addresses and ranges (CIDR) that may connect. Empty: everybody.', examples: [['10.0.0.0/8', '2001:db8::7']] });

const Changeable = {
  tlsOnly: Type.Optional(TlsOnly),
  allowedSources: Type.Optional(AllowedSources),
  resources: Type.Optional(AskedResources),
  sleepAfter: Type.Optional(Duration),
  removeAfter: Type.Optional(Duration),
  ttl: Type.Optional(Type.String({ maxLength: 20, description: 'Removed so long from now, used or not, after a final backup; `never`: not.', examples: ['2h'] })),
  keep: Type.Optional(Type.Literal(true, { description: 'Never removed by a policy: `removeAfter` and `ttl` are `never`.' })),
};

// Text is cut long before it is shown; the exact rules and their texts are in src/domain/names.ts.
const Name = Type.String({ maxLength: 1000, description: '1-40 characters a-z, 0-9 and -.', examples: ['orders'] });

export const NewInstanceBody = strictObject({
  template: Type.String({ maxLength: 100, description: 'Name of a template.', examples: ['postgresql'] }),
  name: Name,
  restoreFrom: Type.Optional(Type.String({ maxLength: 40, description: 'Id of a backup that its data come from. What is left out is then as it was.' })),
  ...Changeable,
});
export type NewInstanceBody = Static<typeof NewInstanceBody>;

export const InstanceChangeBody = strictObject({ name: Type.Optional(Name), ...Changeable }, { minProperties: 1 });

export const InstanceQuery = strictObject({
  ...PageQuery,
  status: Type.Optional(oneOf(PHASES)),
  type: Type.Optional(Type.String({ maxLength: 40 })),
  search: Type.Optional(Type.String({ maxLength: 100, description: 'Part of the name or the slug.' })),
  owner: Type.Optional(Type.String({ maxLength: 40, description: 'Username: only what they own, nothing that is shared with them. Only admins may name somebody else.' })),
});

export const Instance = Type.Object({
  id: Type.String(),
  name: Type.String(),
  template: Type.String(),
  type: Type.String(),
  engine: Type.String(),
  owner: Type.String({ description: 'Username.' }),
  access: oneOf(['owner', 'admin', 'operator', 'viewer'] as const, {
    description: 'What whoever asks may do with it. `viewer`: see it, its figures, log and history; `operator`: also connect, start, stop, sleep and restart it; `owner` and `admin`: everything.',
  }),
  slug: Type.String(),
  hostname: Type.String(),
  port: Type.Integer(),
  status: oneOf(PHASES),
  desired: oneOf(['running', 'sleeping', 'stopped', 'deleted'] as const),
  since: Time,
  reason: nullable(Type.Object({ code: Type.String(), message: Type.String(), logTail: Type.Optional(Type.String()) }, { description: 'Why it is as it is.' })),
  progress: nullable(Type.Object({
    step: Type.String(), message: Type.String(), fraction: Type.Optional(Type.Number()),
    bytes: Type.Optional(Type.Number()), totalBytes: Type.Optional(Type.Number()),
  })),
  attempts: Type.Integer({ description: 'Failures in a row; the time between tries grows with them.' }),
  nextTryAt: nullable(Time),
  resources: Type.Object({ memoryBytes: Type.Integer(), cpus: Type.Number() }),
  sleepAfter: Type.String(),
  removeAfter: Type.String(),
  expiresAt: nullable(Type.String({ format: 'date-time', description: 'When it is removed, used or not.' })),
  tlsOnly: TlsOnly,
  allowedSources: AllowedSources,
  health: nullable(Type.Object({
    state: oneOf(['healthy', 'starting', 'failing', 'unhealthy'] as const), since: Time, message: nullable(Type.String()),
  }, { description: 'Whether it answers, as the monitor sees it while it runs; null: not looked at yet.' })),
  version: nullable(Type.String({ description: 'Of the engine, as it said it.' })),
  startedAt: nullable(Time),
  createdAt: Time,
  updatedAt: Time,
}, { $id: 'Instance' });
export type InstanceView = Static<typeof Instance>;

export const InstanceRef = ref(Instance);

export const Connection = Type.Object({
  status: oneOf(PHASES),
  host: Type.String(),
  port: Type.Integer(),
  hostname: Type.String({ description: 'Its own name; needs TLS.' }),
  hostnamePort: nullable(Type.Integer({ description: 'The port that goes with the hostname; null: none is open.' })),
  directHost: Type.String({ description: 'Reaches it without a name: one port per database.' }),
  directPort: Type.Integer(),
  username: Type.String(),
  password: Type.String(),
  database: Type.String(),
  connectionString: Type.String(),
  clients: Type.Record(Type.String(), Type.String(), { description: 'Ready to paste, per client.' }),
}, { $id: 'Connection' });
export type ConnectionView = Static<typeof Connection>;

export const InstanceEvent = Type.Object({
  id: Type.Integer({ description: 'Rises.' }),
  type: Type.String(),
  message: Type.String(),
  data: Type.Record(Type.String(), Type.Unknown()),
  at: Time,
}, { $id: 'InstanceEvent' });

export const InstanceMetrics = Type.Object({
  at: Time,
  cpuMs: Type.Number({ description: 'CPU time since the start, milliseconds.' }),
  cpus: Type.Number(),
  memoryBytes: Type.Number(),
  memoryLimitBytes: Type.Number(),
  diskBytes: Type.Number(),
  processes: Type.Integer(),
  gateway: Type.Object({
    open: Type.Integer({ description: 'Connections right now.' }),
    connections: Type.Integer({ description: 'All that there were.' }),
    bytesIn: Type.Integer({ description: 'From clients.' }),
    bytesOut: Type.Integer(),
    lastUsedAt: nullable(Time),
  }, { description: 'What passed through the gateway.' }),
}, { $id: 'InstanceMetrics' });
