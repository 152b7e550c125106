import type { InstanceRoute } from '../../../domain/instance/route.ts';
import type { Session } from '../../session.ts';

/** One connection of a client that speaks HTTP. */
export interface Visitor {
  readonly session: Session;
  /** The port belongs to one instance; null: each request's Host header tells. */
  readonly fixed: InstanceRoute | null;
  /** Whether any request has come yet. */
  begun: boolean;
  /** Requests that came and whose answers are not over. */
  unanswered: number;
  /** Cost of the heads of those that wait. */
  waitingBytes: number;
  /** Ends with the answer to the last of them: requests sent one behind the other are served one after the other, as if by a slow client. */
  turn: Promise<void>;
  /** Whether answers that begin now have to be the last ones of their connections. */
  readonly draining: () => boolean;
}
