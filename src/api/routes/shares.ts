import { Type } from 'typebox';
import { DbmakerError } from '../../domain/errors.ts';
import { MAX_SHARES } from '../../domain/instance/share.ts';
import type { User } from '../../domain/user/user.ts';
import type { ApiContext, App } from '../app-type.ts';
import { noteAudit } from '../audit.ts';
import { callerOf } from '../caller.ts';
import { shareView } from '../present.ts';
import { allowedInstance } from '../rights.ts';
import { IdParams, problemResponse, ref } from '../schemas/common.ts';
import { Share, ShareBody } from '../schemas/share.ts';

const tags = ['containers'];
const ShareParams = Type.Object({ id: Type.String(), username: Type.String() });

/** Who else may see or use an instance. */
export function registerShareRoutes(app: App, { store, openAnswers }: ApiContext): void {
  app.get('/api/containers/:id/shares', {
    config: { access: 'read' },
    schema: { tags, summary: 'With whom it is shared; for its owner and admins', params: IdParams, response: { 200: Type.Object({ items: Type.Array(ref(Share)) }), ...problemResponse } },
  }, async (request) => {
    const { instance } = await allowedInstance(store, callerOf(request), request.params.id, 'manage');
    return { items: (await store.shares.list(instance.id)).map(shareView) };
  });

  app.put('/api/containers/:id/shares/:username', {
    config: { access: 'write', audit: { action: 'instance.share', detail: ['access'] } },
    schema: {
      tags, summary: 'Share it with somebody, or change as what',
      description: `As \`viewer\` they see it, as \`operator\` they also use it: connect to it, start and stop it. It stays its owner's, who alone (or an admin) changes, deletes and shares it. With ${String(MAX_SHARES)} people at most. Usernames are no secret: the names of hosts begin with them.`,
      params: ShareParams, body: ShareBody, response: { 200: ref(Share), ...problemResponse },
    },
  }, async (request) => {
    const caller = callerOf(request);
    const { instance } = await allowedInstance(store, caller, request.params.id, 'manage');
    const person = await personNamed(request.params.username);
    noteAudit(request, { detail: { username: person.username } });
    return shareView(await store.shares.put(instance.id, person.id, request.body.access, { by: caller.user.username, limit: MAX_SHARES }));
  });

  app.delete('/api/containers/:id/shares/:username', {
    config: { access: 'write', audit: { action: 'instance.unshare' } },
    schema: {
      tags, summary: 'Share it with somebody no more; also for themselves, who leave it',
      description: 'They see nothing of it from then on. Connections that they have open stay open, and who was an operator may have kept the password: `rotate-password` makes it worthless.',
      params: ShareParams, response: { 204: Type.Null(), ...problemResponse },
    },
  }, async (request, reply) => {
    const caller = callerOf(request);
    const { username } = request.params;
    const { instance } = await allowedInstance(store, caller, request.params.id, username === caller.user.username ? 'see' : 'manage');
    const person = await personNamed(username);
    noteAudit(request, { detail: { username: person.username } });
    if (!(await store.shares.remove(instance.id, person.id, { by: caller.user.username }))) throw new DbmakerError('not_found', `It is not shared with ${person.username}.`);
    openAnswers.lookAgain(person.id); // a log that they follow
    return reply.code(204).send(null);
  });

  /** @throws not_found */
  async function personNamed(username: string): Promise<User> {
    const user = await store.users.getByUsername(username);
    if (user !== null) return user;
    throw new DbmakerError('not_found', 'There is nobody of this username.', {
      fields: { '/username': 'is nobody\'s' }, remedy: 'Ask them: the names of hosts of their databases begin with it, and it stands in their profile.',
    });
  }
}
