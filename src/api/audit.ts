import type { FastifyRequest } from 'fastify';
import { isIP } from 'node:net';
import type { AuditActor } from '../domain/audit/entry.ts';
import type { AuditEnd } from '../domain/ports/store.ts';

/** What a route says of itself when its requests are written to the audit: every route that changes something or shows a secret. */
export interface Audited {
  /** `instance.create`, `token.delete`, ... */
  readonly action: string;
  /** Members of the body that are written down once it was done; never one that can hold a secret. */
  readonly detail?: readonly string[];
}

/** The row of a request that is being worked on. */
export interface OpenAudit {
  readonly id: number;
  /** What it is done to, where the address does not say it. */
  about: Pick<AuditEnd, 'subject' | 'instanceId' | 'ownerId' | 'detail'>;
  finished: boolean;
}

/** Longest text of a body that is kept. */
const LONGEST = 300;

/** For handlers: what it turned out to be done to, e.g. the id of what was made; `detail` beside what the body says. Never what was not found valid. */
export function noteAudit(request: FastifyRequest, about: OpenAudit['about']): void {
  if (request.audit !== null) request.audit.about = { ...request.audit.about, ...about };
}

export function actorOf({ caller }: FastifyRequest): AuditActor {
  return caller === null ? { kind: 'unknown', id: null, name: '' } : { kind: 'user', id: caller.user.id, name: caller.user.username };
}

/**
 * Where the request came from: the other end of its connection, or what a proxy that we trust says of its client. What a client writes into
 * X-Forwarded-For itself counts for nothing.
 */
export function sourceOf(request: FastifyRequest): string | null {
  const plain = (address: string): string => address.replace(/^::ffff:(?=[\d.]+$)/, '');
  const said = plain(request.ip);
  if (isIP(said) !== 0) return said;
  return request.socket.remoteAddress === undefined ? null : plain(request.socket.remoteAddress);
}

/** The listed members of a body that was found valid, cut to a bounded length. */
export function detailOf(body: unknown, members: readonly string[] = []): Record<string, unknown> {
  if (typeof body !== 'object' || body === null) return {};
  const given = body as Readonly<Record<string, unknown>>;
  return Object.fromEntries(members.flatMap((member) => (Object.hasOwn(given, member) ? [[member, short(given[member])]] : [])));
}

function short(value: unknown): unknown {
  const text = JSON.stringify(value) as string | undefined;
  return text === undefined || text.length <= LONGEST ? value : `${text.slice(0, LONGEST)}...`;
}
