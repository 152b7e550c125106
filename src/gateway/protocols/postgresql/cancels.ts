import { gatewayOf, type Backend, type CancelKeys } from '../../cancel/cancel-keys.ts';
import type { CancelPeers } from '../../cancel/cancel-peers.ts';
import type { InstanceRoute } from '../../../domain/instance/route.ts';
import type { GatewayPorts } from '../../ports.ts';
import type { Session } from '../../session.ts';
import { encodeCancelRequest } from './cancel-request.ts';

const CANCEL_MS = 5000;

/** Gives out keys, and carries out what comes back with them. */
export interface Cancels {
  /** @returns what the client is told instead of the backend's own id and key; forgotten when the session ends */
  register(session: Session, route: InstanceRoute, backend: { processId: number; key: Buffer }): { processId: number; key: Buffer };
  /** Finds whose session it is, here or in another gateway process. Whoever asks learns nothing of the outcome. */
  cancel(session: Session, request: { processId: number; key: Buffer }): Promise<void>;
}

/** Asks the backend to cancel, as a client beside it would: a connection of its own, and no answer. */
export async function cancelBackend({ connect, clock }: Pick<GatewayPorts, 'connect' | 'clock'>, { endpoint, processId, key }: Backend): Promise<void> {
  const socket = await connect(endpoint, { timeoutMs: CANCEL_MS });
  await new Promise<void>((resolve) => {
    // The server closes when it has sent the signal.
    socket.on('error', () => socket.destroy()).once('close', resolve).once('close', clock.after(CANCEL_MS, () => socket.destroy()));
    socket.end(encodeCancelRequest(processId, key));
    socket.resume();
  });
}

export function createCancels(keys: CancelKeys, own: number, peers: CancelPeers, cancelHere: (processId: number, key: Buffer) => Promise<boolean>): Cancels {
  return {
    register(session, route, backend) {
      const endpoint = session.shared.table.get(route.id)?.endpoint ?? route.endpoint;
      if (endpoint === null) return { processId: 0, key: Buffer.alloc(4) };
      const { processId, key, remove } = keys.add({ endpoint, instanceId: route.id, ...backend });
      session.wire.socket.once('close', remove);
      if (session.wire.socket.destroyed) remove();
      return { processId, key };
    },
    async cancel({ shared: { metrics } }, { processId, key }) {
      const gateway = gatewayOf(processId);
      const found = gateway === own ? await cancelHere(processId, key) : await peers.forward(gateway, encodeCancelRequest(processId, key));
      metrics.cancels.inc({ result: found ? 'found' : 'not_found' });
    },
  };
}
