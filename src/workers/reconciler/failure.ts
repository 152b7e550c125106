import { asDbmakerError } from '../../domain/errors.ts';
import { backoffMs } from '../../domain/instance/backoff.ts';
import type { Phase } from '../../domain/instance/instance.ts';
import { again, type Pass, type StepResult } from './context.ts';

/** The platform's own troubles (Docker is away) are asked about this often; they say nothing about the instance. */
const PLATFORM_RETRY_MS = 3000;

/**
 * Turns what a step threw into a reason that the owner reads and a time for the next try.
 * `eventType`: where the instance itself has not failed.
 * Where the trouble is the platform's, the phase stays: an instance whose Docker is away has not failed.
 */
export async function recordFailure(pass: Pass, thrown: unknown, eventType = 'instance.delayed'): Promise<StepResult> {
  const { instance, ports, observation } = pass;
  const error = asDbmakerError(thrown, 'internal', 'Something unexpected went wrong inside DbMaker; it is tried again.');
  if (error.code === 'cancelled') throw error;
  ports.observer?.failed(error.code, eventType === 'instance.backup-failed' ? 'backup' : 'step');
  const now = ports.clock.now();
  const platform = error.code === 'runtime_unavailable' || error.code === 'store_unavailable';
  const attempts = platform ? instance.status.attempts : instance.status.attempts + 1;
  const delay = platform ? PLATFORM_RETRY_MS : backoffMs(attempts, ports.random(), { baseMs: 1000, maxMs: 5 * 60_000 });
  // Not retryable: only a change by a person (start, delete, ...) makes a new try sensible. A removal goes on whatever happens.
  const nextTryAt = error.retryable || instance.spec.desired === 'deleted' ? now + delay : null;
  const phase = phaseAfter(pass, platform);
  ports.log.warn({ err: error, instance: instance.id, attempts, phase }, 'a step failed');
  const message = error.remedy === undefined || error.userText.includes(error.remedy) ? error.userText : `${error.userText} ${error.remedy}`;
  // The same trouble is told once, not at every try.
  const news = instance.status.reason?.code !== error.code || instance.status.reason.message !== message;
  await pass.report(
    {
      phase,
      reason: { code: error.code, message },
      progress: null,
      attempts,
      nextTryAt,
      observedGeneration: platform ? instance.status.observedGeneration : instance.spec.generation,
      // A process that was never seen running is launched anew; one that runs but is not ready is only asked again.
      ...(phase === 'failed' && observation.state !== 'running' ? { startedAt: null, endpoint: null } : {}),
    },
    news ? { events: [{ type: phase === 'failed' ? 'instance.failed' : eventType, message, data: { code: error.code, attempts } }] } : {},
  );
  return nextTryAt === null ? { kind: 'done' } : again(delay);
}

function phaseAfter(pass: Pass, platform: boolean): Phase {
  const { spec, status } = pass.instance;
  if (spec.desired === 'deleted') return 'deleting'; // also where `status` was read before the removal began
  return platform || stillServes(pass) ? status.phase : 'failed';
}

/** A hiccup while asking a healthy, running database (too many connections, say) does not make it failed. */
function stillServes({ instance, observation }: Pass): boolean {
  return instance.status.phase === 'running' && observation.state === 'running';
}
