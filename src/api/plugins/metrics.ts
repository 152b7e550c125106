import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { Type } from 'typebox';
import type { ApiContext, App } from '../app-type.ts';
import { problemResponse } from '../schemas/common.ts';
import { PHASES } from '../schemas/instance.ts';

/**
 * Figures for Prometheus, with a registry of their own. Open to admins' tokens and to direct connections from this machine (a scraper beside us needs
 * no token): they hold counts and times, no names and no secrets.
 */
export function registerMetrics(app: App, { store, log, moreMetrics }: ApiContext): void {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const duration = new Histogram({
    name: 'dbmaker_http_request_duration_seconds',
    help: 'Time to answer requests.',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 120],
    registers: [registry],
  });
  new Gauge({
    name: 'dbmaker_instances',
    help: 'Databases by state.',
    labelNames: ['status'] as const,
    registers: [registry],
    async collect() {
      try {
        const { byPhase } = await store.instances.totals();
        for (const phase of PHASES) this.set({ status: phase }, byPhase[phase] ?? 0);
      } catch (error) {
        // The other figures are wanted most when the store is away.
        log.warn({ err: error }, 'instances could not be counted');
        this.reset();
      }
    },
  });

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
  }, async (_request, reply) => reply.type(registry.contentType).serializer((text: unknown) => text as string).send([await registry.metrics(), await moreMetrics?.metrics() ?? ''].filter(Boolean).join('\n')));
}
