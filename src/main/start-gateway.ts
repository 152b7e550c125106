import { randomBytes } from 'node:crypto';
import { openCertificates } from '../certificates/index.ts';
import type { Config } from '../config/config.ts';
import { DbmakerError, isDbmakerError } from '../domain/errors.ts';
import type { Certificates } from '../domain/ports/certificates.ts';
import type { Log } from '../domain/ports/log.ts';
import type { Store } from '../domain/ports/store.ts';
import { Gateway } from '../gateway/gateway.ts';
import { createConnect } from '../net/connect.ts';
import { listenUnix } from '../net/listen-unix.ts';
import { systemClock as clock } from './clock.ts';
import { claimGatewayNumber } from './gateway-number.ts';
import type { Signals } from './signals.ts';

/** In the process of everything else a stop means a restart: nobody should wait for idle sessions to end. */
const SHORT_DRAIN_MS = 2000;

export interface RunningGateway {
  readonly gateway: Gateway;
  stop(): Promise<void>;
}

/** @throws DbmakerError port_taken, invalid_configuration, conflict */
export async function startGateway(config: Config, { store, signals, certificates, log }: { store: Store; signals: Signals; certificates: Certificates; log: Log }): Promise<RunningGateway> {
  const { directory, number, lock } = await claimGatewayNumber(config.home);
  const alone = config.parts.length === 1;
  const { postgresqlPort, redisPort, tlsPort, proxyProtocolFrom, limits, drainMs } = config.gateway;
  const gateway = new Gateway({
    store,
    connect: createConnect(clock),
    listenUnix,
    clock,
    log,
    secureContext: () => certificates.current.context,
    changed: (id) => signals.wake.changed(id),
    settings: {
      name: `gateway-${String(number)}-${randomBytes(4).toString('hex')}`,
      domain: config.domain,
      bind: config.bind,
      postgresqlPort,
      redisPort,
      tlsPort,
      // Several may stand side by side only where they are nothing else: two whole installations on one port would share their clients by chance.
      reusePort: alone,
      peers: { directory, number },
      proxyProtocolFrom,
      limits,
      handshakeMs: 15_000,
      wakeDeadlineMs: 30_000,
      pollMs: 1000,
      refreshMs: 30_000,
      retryMs: 3000,
      reportMs: 5000,
    },
  });
  const update = (id: string): void => void gateway.update(id);
  signals.onChanged(update);
  signals.onHeard(update);
  signals.onAnyReport(update);
  try {
    await gateway.start();
  } catch (error) {
    lock.release();
    throw portTaken(error);
  }
  return {
    gateway,
    async stop() {
      await gateway.close(alone ? drainMs : SHORT_DRAIN_MS);
      lock.release();
    },
  };
}

export const openGatewayCertificates = (config: Config, log: Log): Promise<Certificates> => openCertificates({ home: config.home, domain: config.domain, files: config.gateway.tls, clock, log });

function portTaken(error: unknown): unknown {
  if (!isDbmakerError(error, 'port_taken')) return error;
  return new DbmakerError('port_taken', error.userText, {
    cause: error,
    remedy: 'Is DbMaker running already? Choose other ports with DBMAKER_POSTGRESQL_PORT, DBMAKER_REDIS_PORT and DBMAKER_TLS_PORT (or off).',
  });
}
