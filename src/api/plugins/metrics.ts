import { collectDefaultMetrics, Histogram } from 'prom-client';
import { Type } from 'typebox';
import type { ApiContext, App } from '../app-type.ts';
import { platformGauges } from '../platform-figures.ts';
import { problemResponse } from '../schemas/common.ts';

/**
 * Figures for Prometheus: of requests, of the platform as the store knows it, of what routes add (`context.metrics`) and of the other parts in this
 * process. Open to admins' tokens and to direct connections from this machine (a scraper beside us needs no token): they hold counts and times, no
 * names and no secrets.
 */
export function registerMetrics(app: App, context: ApiContext): void {
  const { metrics: registry, moreMetrics } = context;
  collectDefaultMetrics({ register: registry });
  const duration = new Histogram({
    name: 'dbmaker_http_request_duration_seconds',
    help: 'Time to answer requests.',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 120],
    registers: [registry],
  });
  const platform = platformGauges(registry, context);

  app.addHook('onResponse', async (request, reply) => {
    // The pattern, not the address: as many series as there are routes.
    duration.observe({ method: request.method, route: request.routeOptions.url ?? 'unknown', status: String(reply.statusCode) }, reply.elapsedTime / 1000);
  });

  app.get('/metrics', {
    config: { access: 'monitor' },
    schema: {
      tags: ['platform'], summary: 'Figures for Prometheus', description: 'With an admin\'s token, or without one over a direct connection from the same machine.', produces: ['text/plain'],
      response: { 200: Type.String(), ...problemResponse },
    },
  }, async (_request, reply) => {
    await platform.refresh();
    const texts = await Promise.all([registry.metrics(), moreMetrics?.metrics() ?? '']);
    return reply.type(registry.contentType).serializer((text: unknown) => text as string).send(texts.filter(Boolean).join('\n'));
  });
}
