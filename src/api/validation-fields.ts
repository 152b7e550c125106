import type { FastifySchemaValidationError } from 'fastify';
import { pointerOf } from '../domain/json-pointer.ts';

const UNKNOWN = 'is not a member that is known here';
const TYPES: Readonly<Record<string, string>> = { string: 'text', integer: 'a whole number', number: 'a number', boolean: 'true or false', object: 'an object', array: 'a list' };

/** What the validator found -> JSON pointer -> text for the person who sent it. `/` stands for the whole. */
export function validationFields(errors: readonly FastifySchemaValidationError[]): Record<string, string> {
  const fields: Record<string, string> = {};
  const add = (pointer: string, text: string): void => {
    fields[pointer.slice(0, 200) || '/'] ??= text;
  };
  for (const { keyword, instancePath, params, message } of errors) {
    if (keyword === 'additionalProperties') for (const name of names(params['additionalProperties'])) add(instancePath + pointerOf(name), UNKNOWN);
    else if (keyword === 'required') for (const name of names(params['requiredProperties'])) add(instancePath + pointerOf(name), 'is required');
    else if (keyword === 'enum') add(instancePath, `must be one of ${names(params['allowedValues']).join(', ')}`);
    else if (keyword === 'type') add(instancePath, `must be ${names([params['type']].flat()).map((type) => TYPES[type] ?? type).join(' or ')}`);
    else add(instancePath, keyword === 'boolean' ? UNKNOWN : (message ?? 'is not valid')); // of a member that nothing is allowed for
  }
  return fields;
}

function names(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
