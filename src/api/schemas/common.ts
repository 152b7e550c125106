import { Type } from 'typebox';
import type { Static, TObjectOptions, TProperties, TSchema, TUnsafe, TObject } from 'typebox';

/** An object that refuses members it does not know. */
export function strictObject<P extends TProperties>(properties: P, options: TObjectOptions = {}): TObject<P> {
  return Type.Object(properties, { ...options, additionalProperties: false });
}

/** `schema` or null, written as a list of types: the serializer compiles that, an `anyOf` it would have to try out. */
export function nullable<S extends TSchema>(schema: S): TUnsafe<Static<S> | null> {
  const { type, ...rest } = schema as unknown as { type: string };
  return Type.Unsafe<Static<S> | null>({ ...rest, type: [type, 'null'] });
}

/** One of some texts. */
export function oneOf<const T extends string>(values: readonly T[], options: { description?: string } = {}): TUnsafe<T> {
  return Type.Unsafe<T>({ type: 'string', enum: [...values], ...options });
}

/** Names a schema that was registered with `app.addSchema` (a component of the OpenAPI document). */
export function ref<S extends TSchema>(schema: S): TUnsafe<Static<S>> {
  return Type.Unsafe<Static<S>>({ $ref: `${(schema as unknown as { $id: string }).$id}#` });
}

/** Answer of a list: `next` is the cursor of the following page. */
export function pageOf<S extends TSchema>(item: S): TObject<{ items: ReturnType<typeof Type.Array<S>>; next: TUnsafe<string | null> }> {
  return Type.Object({ items: Type.Array(item), next: nullable(Type.String({ description: 'Cursor of the following page; null at the end.' })) });
}

export const Time = Type.String({ description: 'ISO 8601, UTC.', examples: ['2026-01-31T12:00:00.000Z'] });

export const IdParams = Type.Object({ id: Type.String() });

export const PageQuery = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
  cursor: Type.Optional(Type.String({ maxLength: 500, description: '`next` of the page before.' })),
};

/** Items of a page when nobody says how many. */
export const DEFAULT_LIMIT = 50;

export const PreferHeaders = Type.Object({
  prefer: Type.Optional(Type.String({ description: '`wait=N`: wait up to N seconds (at most 120) for the wanted state (RFC 7240).', examples: ['wait=60'] })),
});

export const Problem = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  code: Type.String({ description: 'Stable; for programs.' }),
  detail: Type.String({ description: 'For people.' }),
  instance: Type.Optional(Type.String()),
  requestId: Type.String(),
  fields: Type.Optional(Type.Record(Type.String(), Type.String(), { description: 'JSON pointer -> what is wrong there.' })),
  remedy: Type.Optional(Type.String({ description: 'What can be done about it.' })),
}, { $id: 'Problem', description: 'RFC 9457' });

/** For the `response` of every route. */
export const problemResponse = { '4xx': ref(Problem), '5xx': ref(Problem) };
