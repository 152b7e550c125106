import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox';
import type { FastifySchemaValidationError } from 'fastify';
import { namesOf } from '../domain/json-pointer.ts';
import type { TemplateDocument } from '../domain/template/template.ts';
import { templateProblems, throwProblems } from '../domain/template/validate.ts';
import { TemplateBody, toDocument } from './schemas/template.ts';
import { validationFields } from './validation-fields.ts';

/** Stands in for what is missing or has the wrong shape, so that the rest is looked at as well. Nothing is wrong with it. */
const STAND_IN: TemplateDocument = { name: 'x', type: 'x', image: 'x', defaultPort: 1, connectionStringTemplate: 'x://x' };
/** What is right there depends on which engine it is. */
const OF_THE_ENGINE = ['/protocol', '/endpoint'];
/** Members within members within members: `policies.allow.ttl`. */
const DEPTH = 3;
/** Told of one document; the rest comes when these are corrected. */
const FIELDS_AT_MOST = 200;

const checkShape = TypeBoxValidatorCompiler({ schema: TemplateBody, httpPart: 'body', method: 'POST', url: '' }) as (value: unknown) => { error?: readonly FastifySchemaValidationError[] };

/**
 * All that is wrong with what somebody sent as a template, its shape and what it says: JSON pointer (`/`: all of it) -> text; empty when all is well.
 * What is made, replaced, tried and merely looked at is checked here. Takes any JSON, and as long as it has members at most.
 */
export function templateInputProblems(body: unknown): Record<string, string> {
  const shape = shapeProblems(body);
  const pointers = Object.keys(shape);
  if (pointers.includes('/')) return shape; // it is no object at all
  const rest = copy(body, DEPTH) as Record<string, unknown>;
  for (const pointer of pointers) drop(rest, namesOf(pointer));
  const whole = { ...STAND_IN, ...rest };
  if (Object.keys(shapeProblems(whole)).length > 0) return cut(shape); // more was wrong than was told: first that
  const engineUnknown = !Object.hasOwn(rest, 'type') || pointers.includes('/engine');
  const content = Object.entries(templateProblems(toDocument(whole))).filter(([pointer]) => !(engineUnknown && OF_THE_ENGINE.includes(pointer)));
  return cut({ ...Object.fromEntries(content), ...shape });
}

/** @throws invalid_template naming every member that is wrong */
export function requireTemplate(body: unknown): void {
  throwProblems(templateInputProblems(body));
}

function shapeProblems(value: unknown): Record<string, string> {
  const { error } = checkShape(value);
  if (error === undefined) return {};
  const fields = validationFields(error);
  return Object.keys(fields).length > 0 ? fields : { '/': 'is not valid' };
}

/** Deeper than `depth` nothing is dropped from it, so nothing is copied: however deep it is, this is not. */
function copy(value: unknown, depth: number): unknown {
  if (depth === 0 || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return [...(value as unknown[])];
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, copy(member, depth - 1)]));
}

/** Takes out what a pointer leads to; a place in a list stays, empty, as the others are known by their numbers. */
function drop(root: Record<string, unknown>, names: readonly string[]): void {
  let at: unknown = root;
  for (const name of names.slice(0, -1)) at = typeof at === 'object' && at !== null && Object.hasOwn(at, name) ? (at as Record<string, unknown>)[name] : undefined;
  const last = names.at(-1) ?? '';
  if (Array.isArray(at)) at[Number(last)] = '';
  else if (typeof at === 'object' && at !== null) Reflect.deleteProperty(at, last);
}

function cut(fields: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).slice(0, FIELDS_AT_MOST));
}
