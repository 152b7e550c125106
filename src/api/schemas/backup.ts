import { Type } from 'typebox';
import type { Static } from 'typebox';
import { nullable, oneOf, PageQuery, ref, strictObject, Time } from './common.ts';
import { InstanceChangeBody } from './instance.ts';

export const BackupQuery = strictObject({ ...PageQuery, all: Type.Optional(Type.Boolean({ description: 'Those of everybody; admins only.' })) });

/** Left out: as it was. */
export const RestoreBody = strictObject(InstanceChangeBody.properties);

export const Backup = Type.Object({
  id: Type.String(),
  container: Type.String({ description: 'Id that the database had.' }),
  name: Type.String(),
  slug: Type.String(),
  owner: Type.String({ description: 'Username.' }),
  template: Type.String(),
  type: Type.String(),
  engine: Type.String(),
  version: nullable(Type.String({ description: 'Of the engine, as it said it.' })),
  format: oneOf(['pg_dump', 'rdb', 'data'] as const, { description: '`pg_dump`: custom format, for each database. `rdb`: snapshot of Redis, gzip. `data`: data directory, tar and gzip.' }),
  bytes: Type.Integer(),
  files: Type.Array(Type.Object({ name: Type.String(), bytes: Type.Integer(), sha256: Type.String() })),
  note: nullable(Type.String({ description: 'What is special about it.' })),
  resources: Type.Object({ memoryBytes: Type.Integer(), cpus: Type.Number() }),
  createdAt: Time,
  verifiedAt: Time,
  expiresAt: Time,
}, { $id: 'Backup' });
export type BackupView = Static<typeof Backup>;

export const BackupRef = ref(Backup);
