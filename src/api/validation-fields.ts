import type { FastifySchemaValidationError } from 'fastify';

/** What the validator found -> JSON pointer -> text for the person who sent it. `/` stands for the whole. */
export function validationFields(errors: readonly FastifySchemaValidationError[]): Record<string, string> {
  const fields: Record<string, string> = {};
  const add = (pointer: string, text: string): void => {
    fields[pointer.slice(0, 200) || '/'] ??= text;
  };
  for (const { keyword, instancePath, params, message } of errors) {
    if (keyword === 'additionalProperties') for (const name of names(params['additionalProperties'])) add(`${instancePath}/${name}`, 'is not a member that is known here');
    else if (keyword === 'required') for (const name of names(params['requiredProperties'])) add(`${instancePath}/${name}`, 'is required');
    else if (keyword === 'enum') add(instancePath, `must be one of ${names(params['allowedValues']).join(', ')}`);
    else if (keyword !== 'boolean') add(instancePath, message ?? 'is not valid'); // `boolean` repeats what additionalProperties says better
  }
  return fields;
}

function names(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
