import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { requireRoom } from '../../domain/backup/usage.ts';
import { changeText } from '../../domain/instance/change-text.ts';
import { afterFinalBackup, keepsNothing } from '../../domain/instance/keeps-nothing.ts';
import { resolveResources } from '../../domain/resources.ts';
import type { ApiContext, App } from '../app-type.ts';
import { noteAudit } from '../audit.ts';
import { ownerOf, visibleBackup } from '../backups.ts';
import { callerOf } from '../caller.ts';
import { createInstance } from '../create-instance.ts';
import { createOnce, idempotencyKey } from '../idempotency.ts';
import { connectRulesOf, policiesOf, validateInstanceInput } from '../instance-input.ts';
import { askedOwner } from '../owner-filter.ts';
import { instanceView } from '../present.ts';
import { carriedOut, preferences } from '../preferences.ts';
import { allowedAccess, allowedInstance } from '../rights.ts';
import { DEFAULT_LIMIT, IdParams, pageOf, PreferHeaders, problemResponse, strictObject } from '../schemas/common.ts';
import { InstanceChangeBody, InstanceQuery, InstanceRef, NewInstanceBody } from '../schemas/instance.ts';

const tags = ['containers'];

/** For the audit. */
const CHANGES = ['name', 'resources', 'sleepAfter', 'removeAfter', 'ttl', 'keep', 'tlsOnly', 'allowedSources'];

const DeleteQuery = strictObject({ backup: Type.Optional(Type.Boolean({ default: true, description: 'Whether a backup is made first, of what keeps data and has ever run.' })) });

const CreateHeaders = Type.Object({
  ...PreferHeaders.properties,
  'idempotency-key': Type.Optional(Type.String({ description: 'The same key and body make one database, however often they are sent.' })),
});

export function registerInstanceRoutes(app: App, context: ApiContext): void {
  const { store, config, wake, clock } = context;

  app.get('/api/containers', {
    config: { access: 'read' },
    schema: { tags, summary: 'Your databases and those shared with you, newest first; an admin sees those of all', querystring: InstanceQuery, response: { 200: pageOf(InstanceRef), ...problemResponse } },
  }, async (request) => {
    const { limit = DEFAULT_LIMIT, cursor, status, type, search, owner } = request.query;
    const caller = callerOf(request);
    const filter = {
      ...(status === undefined ? {} : { phase: status }),
      ...(type === undefined ? {} : { type }),
      ...(search === undefined ? {} : { search }),
    };
    const options = { limit, ...(cursor === undefined ? {} : { cursor }) };
    if (owner === undefined && !caller.isAdmin) {
      const { items, next } = await store.instances.listVisible(caller.user.id, filter, options);
      return { items: items.map(({ instance, access }) => instanceView(instance, config.domain, access)), next };
    }
    const ownerId = await askedOwner(store, caller, owner);
    const { items, next } = await store.instances.list({ ...filter, ...(ownerId === null ? {} : { ownerId }) }, options);
    return { items: items.map((instance) => instanceView(instance, config.domain, instance.ownerId === caller.user.id ? 'owner' : 'admin')), next };
  });

  app.post('/api/containers', {
    config: { access: 'write', audit: { action: 'instance.create', detail: ['template', 'restoreFrom', ...CHANGES] } },
    preValidation: async (request) => fillFromBackup(request),
    schema: {
      tags,
      summary: 'Create a database',
      description: 'Answers 202 at once with `Location`; with `Prefer: wait=60` it waits and answers 201 once the database takes connections.',
      headers: CreateHeaders,
      body: NewInstanceBody,
      response: { 201: InstanceRef, 202: InstanceRef, ...problemResponse },
    },
  }, async (request, reply) => {
    const caller = callerOf(request);
    const { body } = request;
    const backup = body.restoreFrom === undefined ? null : await visibleBackup(store, caller, body.restoreFrom);
    const user = backup === null ? caller.user : await ownerOf(store, caller, backup);
    const key = idempotencyKey(request.headers['idempotency-key']);
    const create = (id: string | null): ReturnType<typeof createInstance> => createInstance(context, user, body, id, backup);
    const { instance, replayed } = key === null ? { instance: await create(null), replayed: false } : await createOnce(context, { userId: user.id, key, body }, create);
    noteAudit(request, { subject: instance.slug, instanceId: instance.id, ownerId: instance.ownerId });
    if (replayed) void reply.header('idempotency-replayed', 'true');
    void reply.header('location', `/api/containers/${instance.id}`);
    const { seen, reached } = await preferences(context, request, reply).wait(instance, carriedOut('running'));
    return reply.code(reached ? 201 : 202).send(instanceView(seen ?? instance, config.domain, await allowedAccess(store, caller, instance, 'see')));
  });

  app.get('/api/containers/:id', {
    config: { access: 'read' },
    schema: { tags, summary: 'One database', params: IdParams, response: { 200: InstanceRef, ...problemResponse } },
  }, async (request) => {
    const { instance, access } = await allowedInstance(store, callerOf(request), request.params.id, 'see');
    return instanceView(instance, config.domain, access);
  });

  app.patch('/api/containers/:id', {
    config: { access: 'write', audit: { action: 'instance.change', detail: CHANGES } },
    schema: { tags, summary: 'Rename it, change its resources, policies or who may connect', params: IdParams, body: InstanceChangeBody, response: { 200: InstanceRef, ...problemResponse } },
  }, async (request) => {
    const caller = callerOf(request);
    const { body } = request;
    const { instance, access } = await allowedInstance(store, caller, request.params.id, 'manage');
    validateInstanceInput(body, caller.isAdmin ? {} : instance.spec.template.policies?.allow);
    const changed = await store.instances.change(instance.id, {
      ...(body.name === undefined ? {} : { name: body.name }),
      ...(body.resources === undefined ? {} : { resources: resolveResources(body.resources, instance.spec.resources) }),
      ...policiesOf(body, clock.now()),
      access: connectRulesOf(body),
    }, { event: { type: 'instance.changed', message: changeText(body), data: { by: caller.user.username, change: body } } });
    wake.changed(instance.id);
    return instanceView(changed, config.domain, access);
  });

  app.delete('/api/containers/:id', {
    config: { access: 'write', audit: { action: 'instance.delete' } },
    schema: {
      tags, summary: 'Delete it and its data', params: IdParams, headers: PreferHeaders, querystring: DeleteQuery,
      description: 'First a backup is made and kept for some days, see /api/backups; if that fails, nothing is removed, unless it is deleted again with `backup=false`. Of what keeps no data (its template names no `dataPath` and its engine has none) or has never run, there is none. Backups count against their owner\'s quota: where nothing of it is left, `quota_exceeded` is answered and nothing is done. Answers 202; with `Prefer: wait=60` 204 once it is gone.',
      response: { 202: InstanceRef, 204: Type.Null(), ...problemResponse },
    },
  }, async (request, reply) => {
    const caller = callerOf(request);
    const { instance, access } = await allowedInstance(store, caller, request.params.id, 'manage');
    const { backup = true } = request.query;
    const nothingNew = instance.spec.desired === 'deleted' && (backup || instance.spec.finalBackup !== true);
    if (!nothingNew && backup && keepsNothing(instance) === null) requireRoom(await store.backups.usage(instance.ownerId));
    const changed = nothingNew ? instance : await store.instances.change(instance.id, { desired: 'deleted', finalBackup: backup }, {
      event: {
        type: 'instance.delete-requested', message: `Is being deleted, ${backup ? afterFinalBackup(instance) : 'without a backup'}.`,
        data: { by: caller.user.username, backup: backup && keepsNothing(instance) === null },
      },
    });
    wake.changed(instance.id);
    const { seen, reached } = await preferences(context, request, reply).wait(changed, (now) => now === null);
    return reached ? reply.code(204).send(null) : reply.code(202).send(instanceView(seen ?? changed, config.domain, access));
  });

  /** Before it is checked: what a restoring creation leaves out is as it was. */
  async function fillFromBackup(request: FastifyRequest): Promise<void> {
    const body = request.body as Record<string, unknown> | null | undefined;
    const id = body?.['restoreFrom'];
    if (typeof id !== 'string' || body === null || body === undefined) return;
    const { of } = await visibleBackup(store, callerOf(request), id);
    body['template'] ??= of.templateKey;
    body['name'] ??= of.name;
  }
}
