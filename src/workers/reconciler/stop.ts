import { isDbmakerError } from '../../domain/errors.ts';
import { DONE, type Pass, type StepResult } from './context.ts';

/**
 * Before every stop of ours: what an owner has kept from the disk is written there. Asked of one that does not answer, or that we cannot look
 * into, it is what it is. `must`: otherwise a failure puts the stop off.
 */
export async function writeOut(pass: Pass, { must }: { must: boolean }): Promise<void> {
  const { engine, observation, ports, instance } = pass;
  if (engine.beforeStop === undefined || observation.state !== 'running') return;
  try {
    await engine.beforeStop(pass.target(observation));
  } catch (error) {
    if (must && !isDbmakerError(error, 'endpoint_unreachable') && !isDbmakerError(error, 'access_denied')) throw error;
    ports.log.warn({ err: error, instance: instance.id }, 'it is not known whether all data of an instance that is stopped are on its disk');
  }
}

/** A person's stop: the process ends, the data stays, nothing but a person starts it again. */
export async function stopInstance(pass: Pass): Promise<StepResult> {
  const { instance, observation, ports } = pass;
  if (observation.state === 'running' || observation.state === 'paused') {
    await writeOut(pass, { must: false });
    await ports.runtime.stop(instance.id, { graceMs: ports.settings.stopGraceMs });
  }
  const changed = instance.status.phase !== 'stopped';
  await pass.report(
    { phase: 'stopped', ...SETTLED_DOWN, observedGeneration: instance.spec.generation, restarts: instance.spec.restarts },
    changed ? { events: [{ type: 'instance.stopped', message: `${instance.name} was stopped.`, data: {} }] } : {},
  );
  return DONE;
}

/** What a status says when nothing runs and nothing is wrong. */
export const SETTLED_DOWN = { endpoint: null, startedAt: null, reason: null, progress: null, attempts: 0, nextTryAt: null, crashes: [] } as const;
