import type { Clock } from '../domain/ports/clock.ts';
import type { Connect } from '../domain/ports/connector.ts';
import type { Log } from '../domain/ports/log.ts';
import type { Store } from '../domain/ports/store.ts';

/** What the gateway needs of the rest of the house; handed in by src/main. */
export interface PortGatewayPorts {
  readonly store: Store;
  readonly connect: Connect;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: {
    readonly bind: string;
    /** How often all routes are re-read; hints make single ones faster. */
    readonly refreshMs: number;
    /** How often a port that another program has is tried again. */
    readonly retryMs: number;
    /** A waking instance has to be ready within this. */
    readonly wakeDeadlineMs: number;
  };
  /** Calls back after each report about this instance; returns unsubscribe. */
  readonly onReport: (instanceId: string, callback: () => void) => () => void;
  /** Tells the workers that a spec was changed (woken). */
  readonly changed: (instanceId: string) => void;
}
