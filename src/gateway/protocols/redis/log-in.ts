import type { Socket } from 'node:net';
import { DbmakerError, isDbmakerError } from '../../../domain/errors.ts';
import type { InstanceRoute } from '../../../domain/instance/route.ts';
import { pause } from '../../../domain/pause.ts';
import type { Session } from '../../session.ts';
import { Wire } from '../../wire.ts';

/** Between two tries to log in to a database that closes the connection. */
const RETRY_MS = 100;
/** Of an error of Redis; who sends more is none. */
const MAX_ERROR_BYTES = 64 * 1024;
const MINUS = 0x2d;

export interface Answer {
  readonly refused: boolean;
  /** The beginning of the answer; all of it if refused. */
  readonly bytes: Buffer;
  /** Where it came from. */
  readonly socket: Socket;
}

/** The tries of one client to log in to one instance. */
export class RedisLogin {
  readonly #session: Session;
  readonly #route: InstanceRoute;
  #wire: Wire | null = null;

  constructor(session: Session, route: InstanceRoute) {
    this.#session = session;
    this.#route = route;
  }

  /**
   * Passes on one AUTH or HELLO. An instance that is being restarted closes before it answers: like one that sleeps it is waited for, and the
   * client sees only latency.
   * @throws DbmakerError endpoint_unreachable, endpoint_refused, cancelled, handshake_timeout, and what Session.open throws
   */
  async ask(command: Buffer): Promise<Answer> {
    const { clock, settings } = this.#session.shared.ports;
    for (const giveUpAt = clock.now() + settings.wakeDeadlineMs; ;) {
      this.#wire ??= new Wire(await this.#session.open(this.#route));
      const answer = await this.#askOnce(this.#wire, command);
      if (answer !== null) return answer;
      this.destroy();
      if (clock.now() >= giveUpAt) throw new DbmakerError('endpoint_unreachable', 'The database closes every connection before the login. Try again in a moment.');
      await pause(clock, RETRY_MS, this.#session.signal);
    }
  }

  destroy(): void {
    this.#wire?.socket.destroy();
    this.#wire = null;
  }

  /** An error is read to its end (one line). null: it closed instead. */
  async #askOnce(wire: Wire, command: Buffer): Promise<Answer | null> {
    const { signal } = this.#session;
    wire.socket.write(command);
    this.#session.waitsFor = 'instance';
    try {
      await wire.more(signal);
      for (; wire.bytes[0] === MINUS && !wire.bytes.includes('\r\n'); await wire.more(signal)) {
        if (wire.bytes.length > MAX_ERROR_BYTES) throw new DbmakerError('endpoint_refused', 'The database does not speak the protocol of Redis.');
      }
      return { refused: wire.bytes[0] === MINUS, bytes: wire.takeAll(), socket: wire.socket };
    } catch (error) {
      if (signal.aborted || !isDbmakerError(error, 'cancelled')) throw error;
      return null;
    } finally {
      this.#session.waitsFor = 'client';
    }
  }
}
