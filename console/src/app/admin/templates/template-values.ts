/** What the form shows of a template: texts, as people type them. '' leaves a member out. */
export interface TemplateValues {
  readonly name: string;
  readonly type: string;
  readonly image: string;
  readonly defaultPort: string;
  readonly connectionStringTemplate: string;
  readonly description: string;
  readonly version: string;
  readonly icon: string;
  readonly engine: string;
  readonly endpoint: string;
  readonly protocol: string;
  readonly dataPath: string;
  readonly socketDirectory: string;
  readonly memory: string;
  readonly cpus: string;
  readonly pids: string;
  readonly sleepAfter: string;
  readonly removeAfter: string;
  readonly ttl: string;
  /** `NAME=value`, one a line. */
  readonly environment: string;
  /** One argument a line. */
  readonly command: string;
}

type Json = Readonly<Record<string, unknown>>;

/** A document, as the form and what it has no field for. */
export interface TemplateParts {
  readonly values: TemplateValues;
  /** As it is in JSON. */
  readonly rest: Json;
}

export const EMPTY: TemplateValues = {
  name: '', type: '', image: '', defaultPort: '', connectionStringTemplate: '', description: '', version: '', icon: '', engine: '', endpoint: '', protocol: '', dataPath: '', socketDirectory: '',
  memory: '', cpus: '', pids: '', sleepAfter: '', removeAfter: '', ttl: '', environment: '', command: '',
};

const TEXTS = ['name', 'type', 'image', 'connectionStringTemplate', 'description', 'version', 'icon', 'engine', 'endpoint', 'protocol', 'dataPath', 'socketDirectory'] as const;
const WITHIN = { resources: ['memory', 'cpus', 'pids'], policies: ['sleepAfter', 'removeAfter', 'ttl'] } as const;
const NUMBERS: readonly string[] = ['defaultPort', 'cpus', 'pids'];
/** What the API adds when it shows one. */
const ADDED: readonly string[] = ['key', 'builtin', 'availability', 'createdAt', 'updatedAt'];

/** The document that was typed. What is no number stays text: the API says so where it is. */
export function documentOf({ values, rest }: TemplateParts): Json {
  const within = Object.entries(WITHIN).map(([member, names]) => {
    const kept = rest[member];
    const typed = filled(names, values);
    if (kept !== undefined && !isObject(kept)) return [member, kept] as const;
    return [member, kept === undefined && Object.keys(typed).length === 0 ? undefined : { ...kept, ...typed }] as const;
  });
  const environment = rest['environmentVariables'] ?? environmentOf(values.environment);
  const command = rest['command'] ?? linesOf(values.command);
  const all = { ...filled([...TEXTS, 'defaultPort'], values), ...rest, environmentVariables: environment, command, ...Object.fromEntries(within) };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** What the form shows of a document, and what is left beside it: members that it does not know, and what its fields cannot show as it is. */
export function partsOf(document: Json): TemplateParts {
  const rest: Record<string, unknown> = Object.fromEntries(Object.entries(document).filter(([member]) => !ADDED.includes(member)));
  const values: Record<string, string> = { ...EMPTY };
  const take = (from: Record<string, unknown>, name: string): void => {
    const value = from[name];
    if (typeof value !== 'string' && typeof value !== 'number') return;
    values[name] = String(value);
    Reflect.deleteProperty(from, name);
  };
  for (const name of [...TEXTS, 'defaultPort']) take(rest, name);
  for (const [member, names] of Object.entries(WITHIN)) {
    const part = rest[member];
    if (!isObject(part)) continue;
    const left = { ...part };
    for (const name of names) take(left, name);
    if (Object.keys(left).length > 0) rest[member] = left;
    else Reflect.deleteProperty(rest, member);
  }
  const { environmentVariables: environment, command } = rest;
  if (isObject(environment) && Object.entries(environment).every(([name, value]) => !/[=\n]/.test(name) && name.trim() === name && isLine(value))) {
    values['environment'] = Object.entries(environment).map(([name, value]) => `${name}=${String(value)}`).join('\n');
    Reflect.deleteProperty(rest, 'environmentVariables');
  }
  if (Array.isArray(command) && command.every((argument) => isLine(argument) && argument !== '')) {
    values['command'] = command.join('\n');
    Reflect.deleteProperty(rest, 'command');
  }
  return { values: values as unknown as TemplateValues, rest };
}

/** In the environment and in commands people write passwords: these are not kept in the browser. */
export function withoutSecrets(values: TemplateValues): Omit<TemplateValues, 'environment' | 'command'> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => name !== 'environment' && name !== 'command')) as unknown as TemplateValues;
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function filled(names: readonly (keyof TemplateValues)[], values: TemplateValues): Json {
  return Object.fromEntries(names.filter((name) => values[name].trim() !== '').map((name) => [name, NUMBERS.includes(name) ? numberOf(values[name]) : values[name]]));
}

function numberOf(text: string): number | string {
  return /^\s*-?\d{1,15}(\.\d{1,9})?\s*$/.test(text) ? Number(text) : text; // 0x10 and 1e3 are slips
}

function environmentOf(text: string): Json | undefined {
  const pairs = (linesOf(text) ?? []).map((line) => {
    const end = line.indexOf('=');
    return end === -1 ? [line.trim(), ''] : [line.slice(0, end).trim(), line.slice(end + 1)];
  });
  return pairs.length === 0 ? undefined : (Object.fromEntries(pairs) as Json);
}

function linesOf(text: string): string[] | undefined {
  const lines = text.split('\n').map((line) => line.replace(/\r$/, '')).filter((line) => line.trim() !== '');
  return lines.length === 0 ? undefined : lines;
}

function isLine(value: unknown): value is string {
  return typeof value === 'string' && !/[\r\n]/.test(value);
}
