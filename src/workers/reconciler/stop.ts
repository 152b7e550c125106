import { DONE, type Pass, type StepResult } from './context.ts';

/** A person's stop: the process ends, the data stays, nothing but a person starts it again. */
export async function stopInstance(pass: Pass): Promise<StepResult> {
  const { instance, observation, ports } = pass;
  if (observation.state === 'running' || observation.state === 'paused') {
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
