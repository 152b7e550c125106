import { once } from 'node:events';
import { createServer } from 'node:http';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { DbmakerError } from '../domain/errors.ts';

/**
 * /metrics and /health of a process that has no API of its own (a gateway beside others), on the loopback only: counts and times, no names
 * of people and no secrets.
 * @throws DbmakerError port_taken
 */
export async function serveMetrics(port: number, registries: readonly Registry[]): Promise<{ stop(): Promise<void> }> {
  const own = new Registry();
  collectDefaultMetrics({ register: own });
  const all = Registry.merge([own, ...registries]);
  const server = createServer((request, response) => {
    if (request.url === '/health') return void response.setHeader('content-type', 'application/json').end('{"status":"up"}');
    if (request.url !== '/metrics') return void response.writeHead(404).end();
    void all.metrics().then((text) => response.setHeader('content-type', all.contentType).end(text), () => response.writeHead(500).end());
  });
  server.on('error', () => undefined); // one that cannot be accepted is the scraper's trouble
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new DbmakerError('port_taken', `Port ${String(port)} for metrics cannot be listened on.`, { cause: error, remedy: 'Choose another one with DBMAKER_METRICS_PORT.' });
  }
  return {
    stop: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
