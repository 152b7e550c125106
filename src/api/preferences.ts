import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Desired, Instance } from '../domain/instance/instance.ts';
import type { ApiContext } from './app-type.ts';
import { preferredWaitMs } from './wait.ts';

type Reached = (instance: Instance | null) => boolean;

/** The newest spec was carried out and the instance is as wanted. */
export function carriedOut(phase: Exclude<Desired, 'deleted'>): Reached {
  return (instance) => instance !== null && instance.status.observedGeneration >= instance.spec.generation && instance.status.phase === phase;
}

/** Waiting as the request's `Prefer` header asks. */
export function preferences({ waiter, closing }: ApiContext, request: FastifyRequest, reply: FastifyReply): {
  /** Without a wish to wait it only looks at `instance` itself. Also ends when it failed (the reason is what matters then), is gone, or the client left. */
  wait: (instance: Instance, reached: Reached) => Promise<{ seen: Instance | null; reached: boolean }>;
} {
  const { prefer } = request.headers;
  const ms = preferredWaitMs(typeof prefer === 'string' ? prefer : undefined);
  return {
    async wait(instance, reached) {
      if (ms === 0) return { seen: instance, reached: false };
      void reply.header('preference-applied', `wait=${String(ms / 1000)}`);
      const left = new AbortController();
      const onClose = (): void => { left.abort(); };
      reply.raw.once('close', onClose);
      if (reply.raw.destroyed) onClose(); // they left before we came here
      try {
        const ended: Reached = (now) => now === null || reached(now) || hasFailed(now);
        const seen = await waiter.until(instance.id, ended, ms, AbortSignal.any([left.signal, closing]));
        return { seen, reached: reached(seen) };
      } finally {
        reply.raw.off('close', onClose);
      }
    },
  };
}

/** The newest spec was tried and failed. An older failure says nothing about a change that nobody has tried yet. */
function hasFailed({ spec, status }: Instance): boolean {
  return status.phase === 'failed' && status.observedGeneration >= spec.generation;
}
