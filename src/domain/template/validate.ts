import { DURATION_FORMAT, parseDuration } from '../duration.ts';
import { DbmakerError } from '../errors.ts';
import { pointerOf } from '../json-pointer.ts';
import { displayTextProblem, typeProblem } from '../names.ts';
import { resourceProblems } from '../resources.ts';
import { environmentProblems } from './environment.ts';
import { imageProblem } from './image-reference.ts';
import { findVariables, isTemplateVariable, TEMPLATE_VARIABLES } from './variables.ts';
import { templateKey } from './template.ts';
import type { EngineName, TemplateDocument } from './template.ts';

type Problems = Record<string, string>;

/** Of the problems of one template, in a sentence: more are read where they are, at the fields. */
const NAMED_AT_MOST = 20;

/** Directories of the operating system inside a container: hiding them under a mount breaks the image or opens it. */
const FORBIDDEN_DIRECTORIES = ['/proc', '/sys', '/dev', '/etc', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/boot', '/usr/bin', '/usr/sbin', '/usr/lib', '/usr/local/bin', '/usr/local/lib'];
/** Fine below them, but not themselves. */
const FORBIDDEN_ROOTS = new Set(['/', '/usr', '/usr/local', '/var', '/var/lib', '/var/run', '/run', '/opt', '/home', '/root', '/srv', '/mnt', '/tmp']);

/** The family whose code serves this template: as it says, else by its type, else any TCP service. */
export function engineOf(document: Pick<TemplateDocument, 'engine' | 'type'>): EngineName {
  if (document.engine !== undefined) return document.engine;
  return document.type === 'postgresql' || document.type === 'redis' ? document.type : 'generic';
}

/** All that is wrong with a document whose shape is right: JSON pointer -> text; empty when all is well. */
export function templateProblems(document: TemplateDocument): Problems {
  const engine = engineOf(document);
  const problems: Problems = {
    ...collect('/name', displayTextProblem(document.name, 60) ?? (templateKey(document.name) === '' ? 'must hold letters a-z or digits' : null)),
    ...collect('/type', typeProblem(document.type)),
    ...collect('/image', imageProblem(document.image)),
    ...collect('/defaultPort', portProblem(document.defaultPort)),
    ...collect('/connectionStringTemplate', connectionStringProblem(document.connectionStringTemplate)),
    ...collect('/description', optional(document.description, (text) => displayTextProblem(text, 1000))),
    ...collect('/version', optional(document.version, (text) => displayTextProblem(text, 40))),
    ...collect('/icon', optional(document.icon, iconProblem)),
    ...collect('/dataPath', optional(document.dataPath, directoryProblem)),
    ...collect('/socketDirectory', optional(document.socketDirectory, directoryProblem)),
    ...collect('/protocol', optional(document.protocol, (protocol) => (engine === 'generic' || protocol === engine ? null : `must be ${engine}, as the engine speaks`))),
    ...collect('/endpoint', socketProblem(document, engine)),
    ...commandProblems(document.command ?? []),
    ...resourceProblems(document.resources, '/resources'),
    ...policyProblems(document),
    ...environmentProblems(document.environmentVariables ?? {}, '/environmentVariables'),
    ...(engine === 'postgresql' ? postgresqlProblems(document.environmentVariables ?? {}) : {}),
  };
  return { ...unknownVariables(document), ...problems };
}

/** @throws DbmakerError invalid_template naming every member that is wrong */
export function validateTemplate(document: TemplateDocument): void {
  throwProblems(templateProblems(document));
}

/** @throws DbmakerError invalid_template when there are any */
export function throwProblems(fields: Problems): void {
  if (Object.keys(fields).length > 0) throw new DbmakerError('invalid_template', problemsText(fields), { fields });
}

/** All of them in one sentence, for whoever sees no fields. */
export function problemsText(fields: Problems): string {
  const all = Object.entries(fields).map(([pointer, problem]) => `${pointer} ${problem}`);
  return `The template is not valid: ${all.slice(0, NAMED_AT_MOST).join('; ')}${all.length > NAMED_AT_MOST ? `; and ${String(all.length - NAMED_AT_MOST)} more` : ''}.`;
}

function collect(pointer: string, problem: string | null): Problems {
  return problem === null ? {} : { [pointer]: problem };
}

function optional<T>(value: T | undefined, check: (value: T) => string | null): string | null {
  return value === undefined ? null : check(value);
}

function portProblem(port: number): string | null {
  return Number.isInteger(port) && port >= 1 && port <= 65535 ? null : 'must be a port, 1 to 65535';
}

function connectionStringProblem(text: string): string | null {
  if (text.length > 1000 || /[\s\p{Cc}"'`\\<>]/u.test(text)) return 'must be a URL of at most 1000 characters, without spaces and quotes';
  return /^[a-z][a-z0-9+.-]*:\/\/./.test(text) ? null : 'must be a URL such as postgresql://{username}:{password}@{subdomain}:{port}/{database}';
}

/** A name for the console to map, never a URL that a browser would load from elsewhere. */
function iconProblem(icon: string): string | null {
  return /^[a-z0-9][a-z0-9_-]{0,39}$/.test(icon) ? null : 'must be the name of an icon: a-z, digits, _ and -';
}

function directoryProblem(directory: string): string | null {
  const clean = directory.length <= 255 && /^(\/[A-Za-z0-9._-]+)+$/.test(directory) && !directory.split('/').some((part) => part === '.' || part === '..');
  if (!clean) return 'must be an absolute directory such as /var/lib/postgresql/data, without . and ..';
  const system = FORBIDDEN_ROOTS.has(directory) || FORBIDDEN_DIRECTORIES.some((root) => directory === root || directory.startsWith(`${root}/`));
  return system ? 'must not be a directory of the operating system' : null;
}

function socketProblem(document: TemplateDocument, engine: EngineName): string | null {
  const { dataPath, socketDirectory } = document;
  if (dataPath !== undefined && socketDirectory !== undefined && (`${dataPath}/`.startsWith(`${socketDirectory}/`) || `${socketDirectory}/`.startsWith(`${dataPath}/`))) {
    return 'dataPath and socketDirectory must not lie inside one another';
  }
  return engine === 'generic' && document.endpoint === 'socket' ? 'socket needs an engine that knows the name of its socket: use tcp' : null;
}

function commandProblems(command: readonly string[]): Problems {
  if (command.length > 64) return { '/command': 'must hold at most 64 arguments' };
  return Object.assign({}, ...command.map((argument, index) => collect(`/command/${String(index)}`, argumentProblem(argument)))) as Problems;
}

function argumentProblem(argument: string): string | null {
  if (argument.length > 4096 || argument.includes('\0')) return 'must be at most 4096 characters, without NUL';
  // argv is readable by everybody who can list processes
  return findVariables(argument).some((name) => name === 'password' || name === 'generated_password') ? 'must not hold the password: use environmentVariables' : null;
}

function policyProblems(document: TemplateDocument): Problems {
  const check = (text: string): string | null => (parseDuration(text) === undefined ? `must be ${DURATION_FORMAT}` : null);
  return {
    ...collect('/policies/sleepAfter', optional(document.policies?.sleepAfter, check)),
    ...collect('/policies/removeAfter', optional(document.policies?.removeAfter, check)),
    ...collect('/policies/ttl', optional(document.policies?.ttl, check)),
    ...collect('/policies/allow/sleepAfter', optional(document.policies?.allow?.sleepAfter, check)),
    ...collect('/policies/allow/removeAfter', optional(document.policies?.allow?.removeAfter, check)),
    ...collect('/policies/allow/ttl', optional(document.policies?.allow?.ttl, check)),
  };
}

/** {username} is the login itself, so a login cannot be made of it and more; a fixed one must be a role that PostgreSQL does not keep for itself. */
function postgresqlProblems(environment: Readonly<Record<string, string>>): Problems {
  const { POSTGRES_USER: user, POSTGRES_DB: database, POSTGRES_PASSWORD: password } = environment;
  const identifier = (text: string): boolean => /^[a-z_][a-z0-9_-]{0,62}$/.test(text) && !text.startsWith('pg_');
  const base = '/environmentVariables';
  return {
    ...collect(`${base}/POSTGRES_USER`, optional(user, (text) => (text === '{username}' || (identifier(text) && text !== 'postgres') ? null : 'must be {username} or a fixed role name'))),
    ...collect(`${base}/POSTGRES_DB`, optional(database, (text) => {
      const filled = text.replaceAll(/\{(username|slug|name|id)\}/g, 'x');
      return identifier(filled) && !/^template[01]$/.test(filled) ? null : 'must be a database name; it may use {username}, {slug}, {name} and {id}';
    })),
    ...collect(`${base}/POSTGRES_PASSWORD`, optional(password, (text) => (['{generated_password}', '{password}'].includes(text) ? null : 'must be {generated_password}: a fixed password is known to everybody'))),
  };
}

function unknownVariables(document: TemplateDocument): Problems {
  const texts: Record<string, string> = { '/connectionStringTemplate': document.connectionStringTemplate };
  for (const [name, value] of Object.entries(document.environmentVariables ?? {})) texts[`/environmentVariables${pointerOf(name.slice(0, 128))}`] = value;
  for (const [index, argument] of (document.command ?? []).entries()) texts[`/command/${String(index)}`] = argument;
  return Object.assign({}, ...Object.entries(texts).map(([pointer, text]) => {
    const unknown = findVariables(text).filter((name) => !isTemplateVariable(name));
    const known = TEMPLATE_VARIABLES.map((name) => `{${name}}`).join(', ');
    return collect(pointer, unknown.length === 0 ? null : `uses ${unknown.map((name) => `{${name}}`).join(', ')}, which is not a variable; there are ${known}`);
  })) as Problems;
}
