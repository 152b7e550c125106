import { createHash } from 'node:crypto';
import { DbmakerError } from '../errors.ts';
import type { Engine } from '../ports/engine.ts';
import type { Workload } from '../ports/runtime.ts';
import { fillVariables, type TemplateValues } from '../template/variables.ts';
import type { Instance } from './instance.ts';

export interface WorkloadInput {
  /** Plain, of the instance. */
  readonly password: string;
  readonly engine: Pick<Engine, 'name' | 'defaults' | 'launch'>;
  /** DBMAKER_DOMAIN: hostname = slug.domain. */
  readonly domain: string;
}

/**
 * Part of every fingerprint. Raise it when a change of an engine's launch() must reach instances that exist: each of them is restarted
 * then. Left alone, an upgrade of DbMaker restarts nobody's database.
 */
const LAUNCH_REVISION = 1;

/**
 * What a runtime has to run for this instance: its template with the variables filled in, and what its engine adds. Pure.
 * @throws DbmakerError invalid_template when the template wants a socket and the engine knows no name for one
 */
export function buildWorkload(instance: Instance, input: WorkloadInput): Workload {
  const { template, resources } = instance.spec;
  const endpoint = endpointOf(instance, input.engine);
  const socket = endpoint.kind === 'socket' ? endpoint : null;
  const dataPath = template.dataPath ?? input.engine.defaults.dataPath;
  const { command, environment } = filled(instance, input);
  const launch = input.engine.launch({
    slug: instance.slug,
    username: instance.spec.username,
    password: input.password,
    database: instance.spec.database,
    memoryBytes: resources.memoryBytes,
    socketDirectory: socket?.directory ?? null,
    socketName: socket?.name ?? null,
    dataPath,
    port: template.defaultPort,
    command,
    environment,
  });
  return {
    id: instance.id,
    slug: instance.slug,
    engine: input.engine.name,
    image: template.image,
    command: launch.command,
    environment: { ...environment, ...launch.environment },
    resources,
    dataPath,
    endpoint,
    ordinal: instance.port,
    fingerprint: fingerprintOf(instance, input, { endpoint, dataPath }),
  };
}

function endpointOf(instance: Instance, { name, defaults }: WorkloadInput['engine']): Workload['endpoint'] {
  const { template } = instance.spec;
  const kind = template.endpoint ?? (template.socketDirectory === undefined ? defaults.endpoint : 'socket');
  if (kind === 'tcp') return { kind, port: template.defaultPort };
  const directory = template.socketDirectory ?? defaults.socketDirectory;
  if (directory === null || defaults.socketName === null) {
    throw new DbmakerError('invalid_template', `The engine ${name} does not know the name of a socket; the template's endpoint has to be tcp.`);
  }
  return { kind, directory, name: defaults.socketName };
}

/** The template's own command and environment. The password is no variable of a command: everybody who lists processes reads those. */
function filled(instance: Instance, { password, domain }: Pick<WorkloadInput, 'password' | 'domain'>): { command: string[] | null; environment: Record<string, string> } {
  const hostname = `${instance.slug}.${domain}`;
  const open: TemplateValues = {
    username: instance.spec.username,
    subdomain: hostname,
    hostname,
    port: String(instance.port),
    database: instance.spec.database,
    slug: instance.slug,
    name: instance.name,
    id: instance.id,
  };
  const { template } = instance.spec;
  const secret: TemplateValues = { ...open, password, generated_password: password };
  const environment = Object.entries(template.environmentVariables ?? {}).map(([name, text]) => [name, fillVariables(text, secret)] as const);
  return { command: template.command?.map((text) => fillVariables(text, open)) ?? null, environment: Object.fromEntries(environment) };
}

/**
 * Over what a person or an admin decides, not over what launch() makes of it (see LAUNCH_REVISION). Without the password, which is rotated
 * inside the running engine, and without the display name: a rename must not restart a database.
 */
function fingerprintOf(instance: Instance, { engine, domain }: WorkloadInput, where: Pick<Workload, 'endpoint' | 'dataPath'>): string {
  const { template, resources, username, database } = instance.spec;
  const { command, environment } = filled({ ...instance, name: '' }, { password: '', domain });
  const sorted = Object.entries(environment).sort(([a], [b]) => (a < b ? -1 : 1));
  const { memoryBytes, cpus, pids } = resources;
  const parts = [
    LAUNCH_REVISION, engine.name, template.image, template.defaultPort, command, sorted, memoryBytes, cpus, pids, username, database,
    where.endpoint.kind === 'socket' ? [where.endpoint.directory, where.endpoint.name] : ['own address', where.endpoint.port], where.dataPath, instance.port,
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
