import { Type } from 'typebox';
import type { Readable } from 'node:stream';
import { DbmakerError } from '../../domain/errors.ts';
import type { ApiContext, App } from '../app-type.ts';
import { onAnswerEnd } from '../answer-end.ts';
import { noteAudit } from '../audit.ts';
import { backupStream, ownerOf, visibleBackup } from '../backups.ts';
import { callerOf } from '../caller.ts';
import { createInstance } from '../create-instance.ts';
import { OpenStreams } from '../open-streams.ts';
import { backupView } from '../present-backup.ts';
import { instanceView } from '../present.ts';
import { carriedOut, preferences } from '../preferences.ts';
import { allowedAccess } from '../rights.ts';
import { BackupQuery, BackupRef, RestoreBody } from '../schemas/backup.ts';
import { DEFAULT_LIMIT, IdParams, pageOf, PreferHeaders, problemResponse } from '../schemas/common.ts';
import { InstanceRef } from '../schemas/instance.ts';
import type { EndReason } from '../sign-in/open-answers.ts';

const tags = ['backups'];
/** Downloads that one person may have under way. */
const MAX_DOWNLOADS = 4;

/** What was kept of databases that are gone. They are made by the workers, before a removal. */
export function registerBackupRoutes(app: App, context: ApiContext): void {
  const { store, config, backups, openAnswers } = context;
  const open = new OpenStreams(MAX_DOWNLOADS, 'backups');

  app.get('/api/backups', {
    config: { access: 'read' },
    schema: { tags, summary: 'Your backups, newest first; an admin sees those of everybody with ?all=true', querystring: BackupQuery, response: { 200: pageOf(BackupRef), ...problemResponse } },
  }, async (request) => {
    const caller = callerOf(request);
    const { limit = DEFAULT_LIMIT, cursor, all = false } = request.query;
    if (all && !caller.isAdmin) throw new DbmakerError('forbidden', 'Only admins see what others own.');
    const page = await store.backups.list(all ? {} : { ownerId: caller.user.id }, { limit, ...(cursor === undefined ? {} : { cursor }) });
    return { items: page.items.map(backupView), next: page.next };
  });

  app.get('/api/backups/:id', {
    config: { access: 'read' },
    schema: { tags, summary: 'One backup', params: IdParams, response: { 200: BackupRef, ...problemResponse } },
  }, async (request) => backupView(await visibleBackup(store, callerOf(request), request.params.id)));

  app.get('/api/backups/:id/download', {
    exposeHeadRoute: false, // it would read all of it, for nothing
    config: { access: 'write', audit: { action: 'backup.download' } },
    schema: {
      tags, summary: 'Its file, or a tar of its files',
      description: 'PostgreSQL: a tar with a file for pg_restore for each database and the roles as SQL. Redis: the snapshot (RDB), gzip. Else: the data directory, tar and gzip. Needs the scope `write`: all that is in the database is in it.',
      params: IdParams, produces: ['application/octet-stream'], response: { 200: Type.Unsafe<Readable>({ type: 'string', format: 'binary' }), ...problemResponse },
    },
  }, async (request, reply) => {
    const caller = callerOf(request);
    const backup = await visibleBackup(store, caller, request.params.id);
    noteAudit(request, { subject: backup.of.slug, ownerId: backup.ownerId });
    open.take(caller.user.id, reply);
    const { content, name, bytes } = await backupStream(backups, backup, request.log);
    // What was begun in time is finished, however slow the client is; what was taken away is not.
    const end = (reason: EndReason): void => { if (reason === 'token_revoked') reply.raw.destroy(); };
    onAnswerEnd(reply, openAnswers.watch(caller, { end, mayGoOn: ({ isAdmin, user }) => isAdmin || user.id === backup.ownerId }));
    void reply.header('content-disposition', `attachment; filename="${name}"`).header('content-length', String(bytes)).header('connection', 'close').type('application/octet-stream');
    return reply.send(content);
  });

  app.delete('/api/backups/:id', {
    config: { access: 'write', audit: { action: 'backup.delete' } },
    schema: { tags, summary: 'Delete it; what was in it cannot be brought back then', params: IdParams, response: { 204: Type.Null(), ...problemResponse } },
  }, async (request, reply) => {
    const backup = await visibleBackup(store, callerOf(request), request.params.id);
    noteAudit(request, { subject: backup.of.slug, ownerId: backup.ownerId });
    // The row says so first: what is cut off after that, a worker completes.
    await store.backups.markRemoving(backup.id);
    await backups.remove(backup.id);
    await store.backups.delete(backup.id);
    return reply.code(204).send(null);
  });

  app.post('/api/backups/:id/restore', {
    config: { access: 'write', audit: { action: 'backup.restore', detail: ['name', 'resources'] } },
    preValidation: async (request) => { (request as { body: unknown }).body ??= {}; },
    schema: {
      tags, summary: 'Make a new database from it', description: 'The short form of POST /api/containers with `restoreFrom`. The backup stays as it is.',
      params: IdParams, headers: PreferHeaders, body: RestoreBody, response: { 201: InstanceRef, 202: InstanceRef, ...problemResponse },
    },
  }, async (request, reply) => {
    const caller = callerOf(request);
    const backup = await visibleBackup(store, caller, request.params.id);
    const { of } = backup;
    const body = { template: of.templateKey, name: of.name, ...request.body };
    const instance = await createInstance(context, await ownerOf(store, caller, backup), body, null, backup);
    noteAudit(request, { subject: instance.slug, instanceId: instance.id, ownerId: instance.ownerId });
    void reply.header('location', `/api/containers/${instance.id}`);
    const { seen, reached } = await preferences(context, request, reply).wait(instance, carriedOut('running'));
    return reply.code(reached ? 201 : 202).send(instanceView(seen ?? instance, config.domain, await allowedAccess(store, caller, instance, 'see')));
  });
}
