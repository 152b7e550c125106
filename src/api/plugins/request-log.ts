import type { App } from '../app-type.ts';

/** What an id of ours looks like. */
const ID = /^[a-z0-9]{1,20}$/;

/** One line a request: the route's pattern and who, never headers, bodies or queries. Also what every answer carries. */
export function registerRequestLog(app: App): void {
  app.addHook('onRequest', async (request, reply) => {
    // Answers are about one person and change: nobody may keep them. Assets of /docs say otherwise themselves.
    void reply.headers({ 'x-request-id': request.id, 'cache-control': 'no-store' });
  });
  app.addHook('onResponse', async (request, reply) => {
    const { method, params } = request;
    const { id: asked } = (params ?? {}) as { id?: string };
    const id = asked !== undefined && ID.test(asked) ? asked : undefined; // people also paste passwords into addresses
    request.log.info({ method, route: request.routeOptions.url ?? 'unknown', id, status: reply.statusCode, ms: Math.round(reply.elapsedTime), user: request.caller?.user.username }, 'request');
  });
}
