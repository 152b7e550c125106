import { Type } from 'typebox';
import { nullable, oneOf, strictObject, Time } from './common.ts';

const Quota = strictObject({
  instances: Type.Integer({ minimum: 0, maximum: 100_000 }),
  memoryBytes: Type.Integer({ minimum: 0, maximum: 2 ** 50 }),
  cpus: Type.Number({ minimum: 0, maximum: 100_000 }),
  backupBytes: Type.Integer({ minimum: 0, maximum: 2 ** 50, description: 'Of all backups together that are kept.' }),
}, { description: 'What a user may hold at the same time.' });

const PartialQuota = Type.Partial(Quota, { additionalProperties: false, description: 'Members left out stay as they are.' });
const Role = oneOf(['user', 'admin'] as const);
const Scopes = Type.Array(oneOf(['read', 'write', 'admin'] as const), { minItems: 1, maxItems: 3, description: '`write` includes `read`, `admin` both.' });

export const NewUserBody = strictObject({
  username: Type.String({ maxLength: 1000, examples: ['ann'] }),
  displayName: Type.Optional(Type.String({ maxLength: 1000 })),
  email: Type.Optional(Type.String({ maxLength: 1000 })),
  role: Type.Optional(Role),
  quota: Type.Optional(PartialQuota),
});

export const UserChangeBody = strictObject({
  displayName: Type.Optional(Type.String({ maxLength: 1000 })),
  role: Type.Optional(Role),
  quota: Type.Optional(PartialQuota),
  disabled: Type.Optional(Type.Boolean({ description: 'Whatever they show is refused, and all their sign-ins end. Their databases go on.' })),
}, { minProperties: 1 });

const user = {
  id: Type.String(),
  username: Type.String(),
  displayName: Type.String(),
  email: nullable(Type.String()),
  role: Role,
  quota: Quota,
  disabled: Type.Boolean({ description: 'Whatever they show is refused.' }),
  createdAt: Time,
};

const usage = Type.Object({ instances: Type.Integer(), memoryBytes: Type.Integer(), cpus: Type.Number(), backupBytes: Type.Integer() }, { description: 'What of the quota is in use.' });

export const User = Type.Object(user, { $id: 'User' });
export const Person = Type.Object({ ...user, usage, lastSeenAt: nullable(Type.String({ description: 'When something of theirs was last let in, to the minute; null: never.' })) }, { $id: 'Person', description: 'A user as admins see them.' });

const token = {
  id: Type.String(),
  name: Type.String(),
  scopes: Type.Array(Type.String()),
  kind: oneOf(['program', 'browser'] as const, { description: '`browser`: the session of one that is signed in.' }),
  createdAt: Time,
  expiresAt: nullable(Time),
  lastUsedAt: nullable(Time),
};

export const Token = Type.Object(token, { $id: 'Token' });
export const NewToken = Type.Object({ ...token, token: Type.String({ description: 'The secret; shown this once.' }) }, { $id: 'NewToken' });
export const Profile = Type.Object({
  ...user,
  usage,
  csrfToken: nullable(Type.String({ description: 'For the header X-CSRF-Token, when asked with the session cookie.' })),
  token: Type.Object({ id: Type.String(), name: Type.String(), scopes: Type.Array(Type.String()), expiresAt: nullable(Time) }),
}, { $id: 'Profile' });
export const LoggedIn = Type.Object({ ...user, csrfToken: Type.String({ description: 'For the header X-CSRF-Token of what changes something with the cookie.' }), expiresAt: Time }, { $id: 'LoggedIn' });

export const NewTokenBody = strictObject({
  name: Type.String({ maxLength: 1000, examples: ['laptop'] }),
  scopes: Type.Optional(Scopes),
  expiresIn: Type.Optional(Type.String({ maxLength: 20, description: 'At most 365d; 90d if left out.', examples: ['30d'] })),
});
