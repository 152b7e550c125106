import { Type } from 'typebox';
import { DbmakerError } from '../../domain/errors.ts';
import { displayTextProblem, emailProblem, usernameProblem } from '../../domain/names.ts';
import type { Quota, User as UserEntity } from '../../domain/user/user.ts';
import type { ApiContext, App } from '../app-type.ts';
import { noteAudit } from '../audit.ts';
import { callerOf } from '../caller.ts';
import { throwFields } from '../instance-input.ts';
import { personView, tokenView, userView } from '../present.ts';
import { DEFAULT_LIMIT, IdParams, pageOf, PageQuery, problemResponse, ref, strictObject } from '../schemas/common.ts';
import { NewToken, NewTokenBody, NewUserBody, Person, Profile, Token, User, UserChangeBody } from '../schemas/user.ts';
import { randomId } from '../secrets.ts';
import { endSignInsOf } from '../sign-in/end-all.ts';
import { issueToken } from '../tokens.ts';

const tags = ['users'];
const MAX_DISPLAY_NAME = 100;
const OTHER_ADMIN = 'Ask another admin, so that one is always left.';
const NOTHING: Quota = { instances: 0, memoryBytes: 0, cpus: 0, backupBytes: 0 };

const ListQuery = strictObject({ ...PageQuery, search: Type.Optional(Type.String({ maxLength: 200, description: 'Part of the username, the display name or the email address.' })) });
const TokenParams = Type.Object({ id: Type.String(), tokenId: Type.String() });

export function registerUserRoutes(app: App, context: ApiContext): void {
  const { store, config, openAnswers } = context;

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
    schema: { tags, summary: 'All users', querystring: ListQuery, response: { 200: pageOf(ref(Person)), ...problemResponse } },
  }, async (request) => {
    const { limit = DEFAULT_LIMIT, ...query } = request.query;
    const page = await store.users.list({ limit, ...query });
    return { items: await withUsage(page.items), next: page.next };
  });

  app.get('/api/users/:id', {
    config: { access: 'admin' },
    schema: { tags, summary: 'One user', params: IdParams, response: { 200: ref(Person), ...problemResponse } },
  }, async (request) => {
    const [person] = await withUsage([await existingUser(request.params.id)]);
    return person;
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
    config: { access: 'admin', audit: { action: 'user.change', detail: ['displayName', 'role', 'quota', 'disabled'] } },
    schema: { tags, summary: 'Change role, quota or display name; disable somebody, or let them in again', params: IdParams, body: UserChangeBody, response: { 200: ref(User), ...problemResponse } },
  }, async (request) => {
    const { displayName, role, quota, disabled } = request.body;
    throwFields(problems({ '/displayName': displayName === undefined ? null : displayTextProblem(displayName, MAX_DISPLAY_NAME) }));
    const user = await existingUser(request.params.id);
    noteAudit(request, { subject: user.username, ownerId: user.id });
    const isOneself = user.id === callerOf(request).user.id;
    if (isOneself && role === 'user') throw new DbmakerError('conflict', 'You cannot take the role of admin from yourself.', { remedy: OTHER_ADMIN });
    if (isOneself && disabled === true) throw new DbmakerError('conflict', 'You cannot disable yourself.', { remedy: OTHER_ADMIN });
    const changed = await store.users.update(user.id, {
      ...(displayName === undefined ? {} : { displayName }),
      ...(role === undefined ? {} : { role }),
      ...(quota === undefined ? {} : { quota: mergeQuota(user.quota, quota) }),
      ...(disabled === undefined ? {} : { disabled }),
    });
    if (changed.disabled) await endSignInsOf(context, user.id);
    else openAnswers.lookAgain(user.id); // no admin any more, maybe
    return userView(changed);
  });

  app.get('/api/users/:id/tokens', {
    config: { access: 'admin' },
    schema: { tags, summary: 'The tokens and browser sessions of a user, without their secrets', params: IdParams, response: { 200: Type.Object({ items: Type.Array(ref(Token)) }), ...problemResponse } },
  }, async (request) => ({ items: (await store.tokens.listByUser((await existingUser(request.params.id)).id)).map(tokenView) }));

  app.delete('/api/users/:id/tokens/:tokenId', {
    config: { access: 'admin', audit: { action: 'token.delete' } },
    schema: { tags, summary: 'Revoke a token of a user at once, and the sessions begun with it', params: TokenParams, response: { 204: Type.Null(), ...problemResponse } },
  }, async (request, reply) => {
    const user = await existingUser(request.params.id);
    noteAudit(request, { subject: user.username, ownerId: user.id });
    if (!(await store.tokens.delete(user.id, request.params.tokenId))) throw new DbmakerError('not_found', 'There is no such token of this user.');
    noteAudit(request, { subject: request.params.tokenId });
    openAnswers.lookAgain(user.id);
    return reply.code(204).send(null);
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

  async function withUsage(users: readonly UserEntity[]): Promise<ReturnType<typeof personView>[]> {
    const usages = await store.users.usages(users.map(({ id }) => id));
    return users.map((user) => personView(user, usages.get(user.id) ?? NOTHING));
  }

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
