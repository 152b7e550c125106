import type { InstanceEvent } from '../domain/instance/event.ts';
import type { Instance } from '../domain/instance/instance.ts';
import type { InstanceAccess, Share } from '../domain/instance/share.ts';
import type { Template } from '../domain/template/template.ts';
import type { ApiToken, Quota, User } from '../domain/user/user.ts';
import { formatDuration } from '../domain/duration.ts';
import type { InstanceView } from './schemas/instance.ts';
import type { ShareView } from './schemas/share.ts';
import type { TemplateView } from './schemas/template.ts';

/** What of our entities leaves through the API. Members are listed one by one, so that a new one never leaks by itself. */

export const time = (at: number): string => new Date(at).toISOString();
export const optionalTime = (at: number | null): string | null => (at === null ? null : time(at));

/** @param access of whoever it is shown to */
export function instanceView(instance: Instance, domain: string, access: InstanceAccess): InstanceView {
  const { spec, status } = instance;
  return {
    id: instance.id,
    name: instance.name,
    template: instance.templateKey,
    type: instance.type,
    engine: instance.engine,
    owner: instance.ownerName,
    access,
    slug: instance.slug,
    hostname: `${instance.slug}.${domain}`,
    port: instance.port,
    status: phaseOf(instance),
    desired: spec.desired,
    since: time(status.since),
    reason: status.reason === null ? null : { code: status.reason.code, message: status.reason.message, ...(status.reason.logTail === undefined ? {} : { logTail: status.reason.logTail }) },
    progress: status.progress,
    attempts: status.attempts,
    nextTryAt: optionalTime(status.nextTryAt),
    resources: { memoryBytes: spec.resources.memoryBytes, cpus: spec.resources.cpus },
    sleepAfter: formatDuration(spec.sleepAfterMs),
    removeAfter: formatDuration(spec.removeAfterMs),
    expiresAt: optionalTime(spec.expiresAt ?? null),
    tlsOnly: spec.access.tlsOnly,
    allowedSources: [...spec.access.allow],
    health: healthOf(instance),
    version: status.version,
    startedAt: optionalTime(status.startedAt),
    createdAt: time(instance.createdAt),
    updatedAt: time(instance.updatedAt),
  };
}

/** What was seen of one that runs says nothing of one that does not. */
function healthOf({ health, status }: Instance): InstanceView['health'] {
  return health === null || status.phase !== 'running' ? null : { state: health.state, since: time(health.since), message: health.message };
}

/** From the moment that somebody deletes it, it is being deleted, also before a worker has looked. */
export function phaseOf({ spec, status }: Instance): InstanceView['status'] {
  return spec.desired === 'deleted' ? 'deleting' : status.phase;
}

export function shareView({ username, displayName, access, createdAt }: Share): ShareView {
  return { username, displayName, access, since: time(createdAt) };
}

export function templateView(template: Template): TemplateView {
  return {
    ...(template.document as Omit<TemplateView, 'key'>),
    key: template.key,
    builtin: template.builtin,
    availability: template.availability,
    createdAt: time(template.createdAt),
    updatedAt: time(template.updatedAt),
  };
}

export function eventView(event: InstanceEvent): { id: number; type: string; message: string; data: Record<string, unknown>; at: string } {
  return { id: event.id, type: event.type, message: event.message, data: event.data, at: time(event.at) };
}

export function userView(user: User): Omit<User, 'createdAt' | 'lastSeenAt' | 'signInsEnded'> & { createdAt: string } {
  const { id, username, displayName, email, role, quota, disabled } = user;
  return { id, username, displayName, email, role, quota, disabled, createdAt: time(user.createdAt) };
}

/** As admins see somebody. */
export function personView(user: User, usage: Quota): ReturnType<typeof userView> & { usage: Quota; lastSeenAt: string | null } {
  const { instances, memoryBytes, cpus, backupBytes } = usage;
  return { ...userView(user), usage: { instances, memoryBytes, cpus, backupBytes }, lastSeenAt: optionalTime(user.lastSeenAt) };
}

export function tokenView(token: ApiToken): { id: string; name: string; scopes: string[]; createdAt: string; expiresAt: string | null; lastUsedAt: string | null; kind: 'program' | 'browser' } {
  const { id, name, scopes, beganWith } = token;
  return { id, name, scopes: [...scopes], kind: beganWith === null ? 'program' : 'browser', createdAt: time(token.createdAt), expiresAt: optionalTime(token.expiresAt), lastUsedAt: optionalTime(token.lastUsedAt) };
}
