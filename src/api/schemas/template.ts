import { Type } from 'typebox';
import type { Static } from 'typebox';
import type { TemplateDocument } from '../../domain/template/template.ts';
import { nullable, oneOf, strictObject, Time } from './common.ts';

/** The shape of a template's JSON; what its members may hold is checked by src/domain/template/validate.ts. */
const document = {
  name: Type.String({ maxLength: 100, examples: ['Memcached'] }),
  type: Type.String({ maxLength: 100, examples: ['memcached'] }),
  image: Type.String({ maxLength: 1000, examples: ['memcached:1.6-alpine'] }),
  defaultPort: Type.Integer({ examples: [11211] }),
  environmentVariables: Type.Optional(Type.Record(Type.String(), Type.String())),
  connectionStringTemplate: Type.String({ maxLength: 2000, examples: ['memcached://{subdomain}:{port}'] }),
  description: Type.Optional(Type.String({ maxLength: 2000 })),
  version: Type.Optional(Type.String({ maxLength: 100 })),
  icon: Type.Optional(Type.String({ maxLength: 100 })),
  engine: Type.Optional(oneOf(['postgresql', 'redis', 'generic'] as const)),
  endpoint: Type.Optional(oneOf(['socket', 'tcp'] as const)),
  protocol: Type.Optional(oneOf(['postgresql', 'redis', 'http', 'tcp'] as const)),
  dataPath: Type.Optional(Type.String({ maxLength: 1000 })),
  socketDirectory: Type.Optional(Type.String({ maxLength: 1000 })),
  command: Type.Optional(Type.Array(Type.String(), { maxItems: 200 })),
  resources: Type.Optional(strictObject({
    memory: Type.Optional(Type.Unsafe<string | number>({ type: ['string', 'number'] })),
    cpus: Type.Optional(Type.Number()),
    pids: Type.Optional(Type.Integer()),
  })),
  policies: Type.Optional(strictObject({
    sleepAfter: Type.Optional(Type.String({ maxLength: 100 })),
    removeAfter: Type.Optional(Type.String({ maxLength: 100 })),
    ttl: Type.Optional(Type.String({ maxLength: 100 })),
    allow: Type.Optional(strictObject({
      sleepAfter: Type.Optional(Type.String({ maxLength: 100 })),
      removeAfter: Type.Optional(Type.String({ maxLength: 100 })),
      ttl: Type.Optional(Type.String({ maxLength: 100 })),
    }, { description: 'The longest that a person may ask for.' })),
  })),
};

/** What is ours to say about a template; accepted and ignored when a template that was read is sent back. */
const additions = {
  key: Type.String({ description: 'What `{"template": ...}` and the address use.' }),
  builtin: Type.Boolean(),
  availability: nullable(Type.Object({ available: Type.Boolean(), reason: Type.Optional(Type.String()), remedy: Type.Optional(Type.String()) }, {
    description: 'Whether this installation can run it; null: not known yet.',
  })),
  createdAt: Time,
  updatedAt: Time,
};

export const TemplateFile = strictObject(document);

export const TemplateBody = strictObject({
  ...document,
  ...Object.fromEntries(Object.keys(additions).map((member) => [member, Type.Optional(Type.Unsafe<unknown>({ description: 'Ignored.', deprecated: true }))])),
});

export const TemplateCheck = Type.Object({
  valid: Type.Boolean(),
  fields: Type.Record(Type.String(), Type.String(), { description: 'JSON pointer (`/`: all of it) -> what is wrong there.' }),
  message: Type.String({ description: 'The same in a sentence.' }),
});

export const Template = Type.Object({ ...additions, ...document }, { $id: 'Template' });
export type TemplateView = Static<typeof Template>;

/** Only the members of a template's document, those of {@link additions} left out. */
export function toDocument(body: object): TemplateDocument {
  return Object.fromEntries(Object.entries(body).filter(([member]) => member in document)) as unknown as TemplateDocument;
}
