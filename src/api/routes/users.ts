import { DbmakerError } from '../../domain/errors.ts';
import { displayTextProblem, emailProblem, usernameProblem } from '../../domain/names.ts';
import type { Quota } from '../../domain/user/user.ts';
import type { ApiContext, App } from '../app-type.ts';
import { noteAudit } from '../audit.ts';
import { callerOf } from '../caller.ts';
import { throwFields } from '../instance-input.ts';
import { tokenView, userView } from '../present.ts';
import { DEFAULT_LIMIT, IdParams, pageOf, PageQuery, problemResponse, ref, strictObject } from '../schemas/common.ts';
import { NewToken, NewTokenBody, NewUserBody, Profile, User, UserChangeBody } from '../schemas/user.ts';
import { randomId } from '../secrets.ts';
import { issueToken } from '../tokens.ts';

const tags = ['users'];
const MAX_DISPLAY_NAME = 100;

export function registerUserRoutes(app: App, context: ApiContext): void {
  const { store, config } = context;

  app.get('/api/users/profile', {
    config: { access: 'read' },
    schema: { tags, summary: 'Who you are, and with which token', response: { 200: ref(Profile), ...problemResponse } },
  }, async (request) => {
    const { user, token, by } = callerOf(request);
    const { id, name, scopes, expiresAt } = tokenView(token);
    const [held, backups] = await Promise.all([store.users.usage(user.id), store.backups.usage(user.id)]);
    return {
      ...userView(user), token: { id, name, scopes, expiresAt }, csrfToken: by.kind === 'session' ? by.csrfToken : null, usage: { ...held, backupBytes: backups.bytes },
    };
  });

  app.get('/api/users', {
    config: { access: 'admin' },
    schema: { tags, summary: 'All users', querystring: strictObject(PageQuery), response: { 200: pageOf(ref(User)), ...problemResponse } },
  }, async (request) => {
    const { limit = DEFAULT_LIMIT, cursor } = request.query;
    const page = await store.users.list({ limit, ...(cursor === undefined ? {} : { cursor }) });
    return { items: page.items.map(userView), next: page.next };
  });

  app.post('/api/users', {
    config: { access: 'admin', audit: { action: 'user.create', detail: ['username', 'displayName', 'role', 'quota'] } },
    schema: { tags, summary: 'Create a user', body: NewUserBody, response: { 201: ref(User), ...problemResponse } },
  }, async (request, reply) => {
    const { username, displayName = username, email, role = 'user', quota } = request.body;
    throwFields(problems({ '/username': usernameProblem(username), '/displayName': displayTextProblem(displayName, MAX_DISPLAY_NAME), '/email': email === undefined ? null : emailProblem(email) }));
    const user = await store.users.create({ id: randomId(), username, displayName, email: email ?? null, role, quota: mergeQuota(config.defaultQuota, quota) });
    noteAudit(request, { subject: user.username, ownerId: user.id });
    return reply.code(201).header('location', `/api/users/${user.id}`).send(userView(user));
  });

  app.patch('/api/users/:id', {
    config: { access: 'admin', audit: { action: 'user.change', detail: ['displayName', 'role', 'quota'] } },
    schema: { tags, summary: 'Change role, quota or display name', params: IdParams, body: UserChangeBody, response: { 200: ref(User), ...problemResponse } },
  }, async (request) => {
    const { displayName, role, quota } = request.body;
    throwFields(problems({ '/displayName': displayName === undefined ? null : displayTextProblem(displayName, MAX_DISPLAY_NAME) }));
    const user = await existingUser(request.params.id);
    noteAudit(request, { subject: user.username, ownerId: user.id });
    if (role === 'user' && user.id === callerOf(request).user.id) {
      throw new DbmakerError('conflict', 'You cannot take the role of admin from yourself.', { remedy: 'Ask another admin, so that one is always left.' });
    }
    return userView(await store.users.update(user.id, {
      ...(displayName === undefined ? {} : { displayName }),
      ...(role === undefined ? {} : { role }),
      ...(quota === undefined ? {} : { quota: mergeQuota(user.quota, quota) }),
    }));
  });

  app.post('/api/users/:id/tokens', {
    config: { access: 'admin', audit: { action: 'token.create', detail: ['name', 'scopes', 'expiresIn'] } },
    schema: { tags, summary: 'Make a token for a user', params: IdParams, body: NewTokenBody, response: { 201: ref(NewToken), ...problemResponse } },
  }, async (request, reply) => {
    const user = await existingUser(request.params.id);
    noteAudit(request, { subject: user.username, ownerId: user.id });
    const token = await issueToken(context, user, callerOf(request), request.body);
    noteAudit(request, { subject: token.id });
    return reply.code(201).send(token);
  });

  /** @throws not_found */
  async function existingUser(id: string): Promise<NonNullable<Awaited<ReturnType<typeof store.users.get>>>> {
    const user = await store.users.get(id);
    if (user === null) throw new DbmakerError('not_found', 'There is no such user.');
    return user;
  }
}

function problems(found: Readonly<Record<string, string | null>>): Record<string, string> {
  return Object.fromEntries(Object.entries(found).flatMap(([pointer, text]) => (text === null ? [] : [[pointer, text]])));
}

function mergeQuota(base: Quota, change: Partial<Quota> = {}): Quota {
  return { instances: change.instances ?? base.instances, memoryBytes: change.memoryBytes ?? base.memoryBytes, cpus: change.cpus ?? base.cpus, backupBytes: change.backupBytes ?? base.backupBytes };
}
