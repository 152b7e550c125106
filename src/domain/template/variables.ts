/**
 * Placeholders of templates: `{name}`. Only the names below are variables; any other text in braces is reported by
 * {@link findVariables}, refused by validation, and left as it is by {@link fillVariables}.
 */
export const TEMPLATE_VARIABLES = [
  'username', // login inside the instance
  'generated_password', // what was generated for it ...
  'password', // ... and the same by its shorter name
  'subdomain', // what a client puts as the host
  'hostname', // slug.domain, whatever `subdomain` is
  'port', // where the instance is reached from outside
  'database',
  'slug',
  'name', // as its owner called the instance
  'id',
] as const;

export type TemplateVariable = (typeof TEMPLATE_VARIABLES)[number];

export type TemplateValues = Readonly<Partial<Record<TemplateVariable, string>>>;

const PLACEHOLDER = /\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

export function isTemplateVariable(name: string): name is TemplateVariable {
  return (TEMPLATE_VARIABLES as readonly string[]).includes(name);
}

/** Names of all placeholders in `text`, known or not, each once, in order of appearance. */
export function findVariables(text: string): string[] {
  return [...new Set(Array.from(text.matchAll(PLACEHOLDER), (match) => match[1] ?? ''))];
}

/**
 * `text` with every placeholder that `values` knows replaced, in one pass: a value that looks like a placeholder is not filled again.
 * `encode` is applied to each value (e.g. encodeURIComponent for a connection string).
 */
export function fillVariables(text: string, values: TemplateValues, encode: (value: string) => string = String): string {
  return text.replace(PLACEHOLDER, (placeholder, name: string) => {
    const value = isTemplateVariable(name) ? values[name] : undefined;
    return value === undefined ? placeholder : encode(value);
  });
}
