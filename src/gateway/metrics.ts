import { Counter, Gauge, Histogram, Registry } from 'prom-client';

const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** How a connection found its instance: by the name in TLS, an option, a login name, an HTTP header, or its own port. */
export type RoutedBy = 'sni' | 'option' | 'username' | 'host' | 'port';

/** Figures of this gateway process; those of several add up. */
export class GatewayMetrics {
  readonly registry = new Registry();
  readonly #registers = [this.registry];
  readonly connections = new Counter({ name: 'dbmaker_gateway_connections_total', help: 'Connections that reached a database.', labelNames: ['protocol', 'routed_by', 'tls'] as const, registers: this.#registers });
  readonly open = new Gauge({ name: 'dbmaker_gateway_open_connections', help: 'Connections to databases right now.', labelNames: ['protocol'] as const, registers: this.#registers });
  readonly handshakes = new Gauge({ name: 'dbmaker_gateway_handshakes', help: 'Connections right now that are not logged in yet.', registers: this.#registers });
  readonly failures = new Counter({ name: 'dbmaker_gateway_failures_total', help: 'Connections that were refused or failed, by reason.', labelNames: ['protocol', 'kind'] as const, registers: this.#registers });
  readonly cancels = new Counter({ name: 'dbmaker_gateway_cancels_total', help: 'PostgreSQL cancel requests.', labelNames: ['result'] as const, registers: this.#registers });
  readonly handshakeSeconds = new Histogram({ name: 'dbmaker_gateway_handshake_seconds', help: 'From accepting a connection to the end of its login, waking included.', labelNames: ['protocol'] as const, buckets: SECONDS, registers: this.#registers });
  readonly connectSeconds = new Histogram({ name: 'dbmaker_gateway_connect_seconds', help: 'Opening the connection to a database that runs.', buckets: SECONDS, registers: this.#registers });
  readonly wakeSeconds = new Histogram({ name: 'dbmaker_gateway_wake_seconds', help: 'Opening the connection to a database that had to be waited for.', buckets: SECONDS, registers: this.#registers });
  readonly bytes = new Counter({ name: 'dbmaker_gateway_bytes_total', help: 'Bytes passed on, per database; in: from clients.', labelNames: ['slug', 'direction'] as const, registers: this.#registers });
  readonly slowPipes = new Counter({ name: 'dbmaker_gateway_slow_pipes_total', help: 'Connections that are passed on by Node\'s streams, as the faster way was not possible.', registers: this.#registers });
  readonly routes = new Gauge({ name: 'dbmaker_gateway_routes', help: 'Databases that this gateway knows.', registers: this.#registers });

  constructor() {
    for (const result of ['found', 'not_found']) this.cancels.inc({ result }, 0);
  }

  /** The series of an instance that is gone. */
  forget(slug: string): void {
    for (const direction of ['in', 'out']) this.bytes.remove({ slug, direction });
  }
}
