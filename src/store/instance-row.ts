import { OPEN_ACCESS } from '../domain/instance/instance.ts';
import type { Access, Instance, InstanceSpec, InstanceStatus } from '../domain/instance/instance.ts';
import type { NewInstance } from '../domain/ports/store.ts';
import type { Health } from '../domain/monitoring/health.ts';
import type { TemplateDocument } from '../domain/template/template.ts';
import type { InstanceRow } from './schema.ts';

/** What of the spec and the status lies in JSON: everything that has no column of its own. Rows of before the gateway lack `access`. */
type SpecDocument = Omit<InstanceSpec, 'desired' | 'generation' | 'template' | 'access'> & { readonly access?: Access };
type StatusDocument = Omit<InstanceStatus, 'phase' | 'observedGeneration' | 'nextTryAt'>;

export function toInstance(row: InstanceRow): Instance {
  const spec = JSON.parse(row.spec) as SpecDocument;
  const status = JSON.parse(row.status) as StatusDocument;
  return {
    id: row.id,
    ownerId: row.owner_id,
    ownerName: row.owner_name,
    name: row.name,
    templateKey: row.template_key,
    type: row.type,
    engine: row.engine,
    slug: row.slug,
    port: row.port,
    spec: { ...spec, access: spec.access ?? OPEN_ACCESS, desired: row.desired, generation: row.generation, template: templateOf(row.template) },
    status: { ...status, phase: row.phase, observedGeneration: row.observed_generation, nextTryAt: row.next_try_at },
    secrets: { password: row.password, nextPassword: row.next_password },
    health: row.health === null ? null : (JSON.parse(row.health) as Health),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

const TEMPLATES = 64;
const templates = new Map<string, TemplateDocument>();

/** A handful of templates stands in thousands of rows; parsing the same texts again was a third of the cost of making instances of rows. */
function templateOf(text: string): TemplateDocument {
  const known = templates.get(text);
  if (known !== undefined) return known;
  const template = JSON.parse(text, (_key, value: unknown) => Object.freeze(value)) as TemplateDocument; // shared, so nobody may change it
  if (templates.size >= TEMPLATES) templates.clear();
  templates.set(text, template);
  return template;
}

/** The columns that follow from a spec. */
export function specColumns(spec: InstanceSpec): Pick<InstanceRow, 'desired' | 'generation' | 'memory_bytes' | 'cpus' | 'spec' | 'sleep_after_ms' | 'remove_after_ms' | 'expires_at'> {
  const { desired, generation, template: _template, ...document } = spec;
  return {
    desired,
    generation,
    memory_bytes: spec.resources.memoryBytes,
    cpus: spec.resources.cpus,
    spec: JSON.stringify(document satisfies SpecDocument),
    sleep_after_ms: spec.sleepAfterMs,
    remove_after_ms: spec.removeAfterMs,
    expires_at: spec.expiresAt ?? null,
  };
}

/** The columns that follow from a status. */
export function statusColumns(status: InstanceStatus): Pick<InstanceRow, 'phase' | 'observed_generation' | 'next_try_at' | 'status'> {
  const { phase, observedGeneration, nextTryAt, ...document } = status;
  return { phase, observed_generation: observedGeneration, next_try_at: nextTryAt, status: JSON.stringify(document satisfies StatusDocument) };
}

/** When the reconciler has to look: at once while something is not carried out yet, else when it asked for. */
export function dueAt(generation: number, status: Pick<InstanceStatus, 'observedGeneration' | 'nextTryAt'>, now: number): number | null {
  return generation > status.observedGeneration ? now : status.nextTryAt;
}

/**
 * For `updated_at`: rises with every write of a row, also when the clock is set back or several fall into one millisecond. So readers who ask
 * for what changed since miss nothing, and of two answers about a row the newer one is known.
 */
export function changedAt(row: Pick<InstanceRow, 'updated_at'>, now: number): number {
  return Math.max(now, row.updated_at + 1);
}

export function newRow(instance: NewInstance, now: number): InstanceRow {
  const spec: InstanceSpec = { ...instance.spec, generation: 1, restarts: 0 };
  const status: InstanceStatus = {
    phase: 'pending', since: now, observedGeneration: 0, restarts: 0, reason: null, progress: null, attempts: 0, nextTryAt: null,
    endpoint: null, startedAt: null, provisioned: false, crashes: [], version: null,
  };
  return {
    id: instance.id,
    owner_id: instance.ownerId,
    owner_name: instance.ownerName,
    name: instance.name,
    template_key: instance.templateKey,
    type: instance.type,
    engine: instance.engine,
    slug: instance.slug,
    port: instance.port,
    ...specColumns(spec),
    ...statusColumns(status),
    due_at: dueAt(spec.generation, status, now),
    lease_holder: null,
    lease_token: 0,
    lease_until: null,
    created_at: now,
    updated_at: now,
    password: instance.secrets.password,
    next_password: instance.secrets.nextPassword,
    template: JSON.stringify(spec.template),
    health: null,
    last_action_at: now,
    warned_at: null,
    warned_for: null,
  };
}
