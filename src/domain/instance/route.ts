import type { Endpoint } from '../endpoint.ts';
import type { EngineName, TemplateProtocol } from '../template/template.ts';
import type { Access, Desired, Instance, Phase } from './instance.ts';

/** What the gateway has to know of an instance to serve it without asking the store: the part of the row that it keeps in memory. */
export interface InstanceRoute {
  readonly id: string;
  readonly name: string;
  readonly ownerName: string;
  readonly type: string;
  readonly engine: EngineName;
  readonly protocol: TemplateProtocol;
  readonly slug: string;
  readonly port: number;
  readonly desired: Desired;
  readonly phase: Phase;
  /** Set while running. */
  readonly endpoint: Endpoint | null;
  /** Why it is as it is, for whoever is refused. */
  readonly reason: string | null;
  readonly nextTryAt: number | null;
  readonly access: Access;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export function routeOf(instance: Instance): InstanceRoute {
  const { id, name, ownerName, type, engine, slug, port, spec, status, createdAt, updatedAt } = instance;
  return {
    id, name, ownerName, type, engine, slug, port, createdAt, updatedAt,
    protocol: spec.template.protocol ?? (engine === 'generic' ? 'tcp' : engine),
    desired: spec.desired,
    access: spec.access,
    phase: status.phase,
    endpoint: status.endpoint,
    reason: status.reason?.message ?? null,
    nextTryAt: status.nextTryAt,
  };
}
