import type { FastifyReply, FastifyRequest } from 'fastify';
import type { NewAuditEntry } from '../../domain/audit/entry.ts';
import { DbmakerError } from '../../domain/errors.ts';
import type { App } from '../app-type.ts';
import { actorOf, detailOf, sourceOf, type Audited } from '../audit.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { RefusalBudget, type RefusalSum } from '../refusal-budget.ts';

const CHANGES_NOTHING = new Set(['GET', 'HEAD', 'OPTIONS']);
/** Ids and keys of ours. People paste tokens and passwords into addresses, too. */
const SUBJECT = /^[a-z0-9-]{1,64}$/;
const OF_ONE_INSTANCE = /^\/api\/containers\/:id(\/|$)/;

/**
 * Writes the audit, driven by what each route says of itself in `config.audit`. The row is written before the handler runs and completed before
 * the answer leaves: where it cannot be written, nothing is done. What is refused before (no token, not allowed, not valid) is written as well,
 * within bounds.
 */
export function registerAudit(app: App, { store, clock, log }: Pick<ApiDependencies, 'store' | 'clock' | 'log'>): void {
  const writing = new Set<Promise<void>>();
  const refusals = new RefusalBudget(clock, (sums) => {
    const written = tellSums(sums).finally(() => writing.delete(written));
    writing.add(written);
  });
  app.decorateRequest('audit', null);
  app.decorateRequest('problemCode', null);

  app.addHook('onRoute', ({ url, method, config }) => {
    const silent = [method].flat().every((one) => CHANGES_NOTHING.has(one.toUpperCase()));
    if (!silent && config?.audit === undefined) {
      throw new DbmakerError('invalid_configuration', `The route ${String(method)} ${url} may change something and does not say how that is written to the audit.`, {
        remedy: 'Add to its config: audit: { action: \'thing.verb\', detail: [members of the body that hold no secret] }.',
      });
    }
  });

  app.addHook('preHandler', async (request) => {
    const audited = auditedOf(request);
    if (audited === null) return;
    const entry = await describe(request, audited);
    // What changes something is written after this row and takes it along to the disk; what only shows a secret is not.
    const id = await store.audit.begin(entry, { durable: CHANGES_NOTHING.has(request.method) });
    request.audit = { id, about: {}, finished: false };
  });

  app.addHook('onSend', async (request, reply) => {
    const audited = auditedOf(request);
    if (audited === null) return;
    try {
      if (request.audit === null) await refused(request, reply, audited);
      else if (!request.audit.finished) await finish(request, request.audit, reply, audited);
    } catch (error) {
      // The row that came first says who wanted what; only how it ended is missing, and the answer is still true.
      log.warn({ err: error, action: audited.action, requestId: request.id }, 'the audit could not be completed');
    }
  });

  app.addHook('onClose', async () => {
    refusals.flush();
    await Promise.all(writing);
  });

  async function finish(request: FastifyRequest, open: NonNullable<FastifyRequest['audit']>, reply: FastifyReply, audited: Audited): Promise<void> {
    open.finished = true;
    const end = endOf(request, reply);
    // Only what the handler has found valid: people paste tokens and passwords into the wrong fields.
    const detail = { ...(end.outcome === 'ok' ? detailOf(request.body, audited.detail) : {}), ...open.about.detail };
    await store.audit.finish(open.id, { ...end, ...open.about, detail });
  }

  async function refused(request: FastifyRequest, reply: FastifyReply, audited: Audited): Promise<void> {
    if (reply.statusCode >= 500) return; // nothing was done; it is in the log
    const [actor, source] = [actorOf(request), sourceOf(request)];
    if (reply.statusCode === 429) return refusals.skip(actor, source);
    if (!refusals.take(actor, source)) return;
    await store.audit.append({ ...(await describe(request, audited)), ...endOf(request, reply) });
  }

  async function describe(request: FastifyRequest, { action }: Audited): Promise<Omit<NewAuditEntry, 'outcome' | 'code'>> {
    const { id, name } = request.params as { id?: string; name?: string };
    const asked = [id ?? name].find((text) => text !== undefined && SUBJECT.test(text)) ?? null;
    const instance = asked !== null && OF_ONE_INSTANCE.test(request.routeOptions.url ?? '') ? await store.instances.get(asked) : null;
    return {
      actor: actorOf(request),
      tokenId: request.caller?.token.id ?? null,
      source: sourceOf(request),
      requestId: request.id,
      action,
      subject: instance?.slug ?? asked,
      instanceId: instance?.id ?? null,
      ownerId: instance?.ownerId ?? null,
      detail: {},
    };
  }

  async function tellSums(sums: RefusalSum[]): Promise<void> {
    for (const { actor, count, sources } of sums) {
      const about = { tokenId: null, requestId: null, subject: null, instanceId: null, ownerId: null };
      const source = sources.length === 1 ? (sources[0] ?? null) : null;
      await store.audit.append({ ...about, actor, source, action: 'audit.more-refused', outcome: 'refused', code: null, detail: { count, sources } })
        .catch((error: unknown) => log.warn({ err: error, count, actor: actor.name }, 'refused requests could not be written to the audit'));
    }
  }
}

function auditedOf(request: FastifyRequest): Audited | null {
  const audited = request.is404 ? undefined : request.routeOptions.config.audit;
  return typeof audited === 'object' ? audited : null;
}

function endOf(request: FastifyRequest, { statusCode }: FastifyReply): Pick<NewAuditEntry, 'outcome' | 'code'> {
  return { outcome: statusCode < 400 ? 'ok' : statusCode < 500 ? 'refused' : 'failed', code: statusCode < 400 ? null : request.problemCode };
}
