import { isDbmakerError } from '../../domain/errors.ts';
import { timeLeft } from '../../domain/time-left.ts';
import { DONE, again, type Pass, type StepResult } from './context.ts';
import { SETTLED_DOWN, writeOut } from './stop.ts';

/** How often an instance that should sleep but is in use is looked at. */
const IN_USE_RECHECK_MS = 5000;
/** A gateway process that has not reported for so long is taken to be gone, and its connections with it. */
const GATEWAY_ALIVE_MS = 30_000;

/**
 * Two tiers: first frozen (`paused`, wakes at once), later stopped (memory freed). Never asleep with an open session: one that is in use
 * stays awake until its last session ended.
 */
export async function putToSleep(pass: Pass): Promise<StepResult> {
  const { instance, observation, ports } = pass;
  const now = ports.clock.now();
  const settled = { observedGeneration: instance.spec.generation, restarts: instance.spec.restarts };
  const events = instance.status.phase === 'sleeping' ? [] : [{ type: 'instance.sleeping', message: `${instance.name} fell asleep; a connection wakes it.`, data: {} }];

  if (observation.state === 'running') {
    const sessions = await openSessions(pass);
    if (sessions > 0) {
      await pass.report({
        ...settled,
        reason: { code: 'conflict', message: `It falls asleep when its ${sessions === 1 ? 'open session has' : `${sessions} open sessions have`} ended.` },
        nextTryAt: now + IN_USE_RECHECK_MS,
      });
      return again(IN_USE_RECHECK_MS);
    }
    await writeOut(pass, { must: true });
    if (await paused(pass)) {
      await pass.report({ ...settled, phase: 'sleeping', reason: null, progress: null, attempts: 0, nextTryAt: now + ports.settings.pausedMs }, { events });
      return again(ports.settings.pausedMs);
    }
  }
  const frozenFor = instance.status.phase === 'sleeping' ? timeLeft(instance.status.nextTryAt, now) : 0;
  if (observation.state === 'paused' && frozenFor > 0) {
    await pass.report({ ...settled, reason: null });
    return again(frozenFor);
  }
  if (observation.state === 'running' || observation.state === 'paused') {
    await ports.runtime.stop(instance.id, { graceMs: ports.settings.stopGraceMs });
  }
  await pass.report({ phase: 'sleeping', ...SETTLED_DOWN, ...settled }, { events });
  return DONE;
}

/** false where the runtime cannot freeze: it is stopped then. */
async function paused(pass: Pass): Promise<boolean> {
  try {
    await pass.ports.runtime.pause(pass.instance.id);
    return true;
  } catch (error) {
    if (isDbmakerError(error, 'unsupported')) return false;
    throw error;
  }
}

/** As the engine counts them, and the gateway: a session may be on its way in, and some families cannot tell. */
async function openSessions(pass: Pass): Promise<number> {
  const throughGateway = (await pass.ports.store.activity.get(pass.instance.id, GATEWAY_ALIVE_MS))?.open ?? 0;
  try {
    return Math.max(throughGateway, (await pass.engine.activity(pass.target(pass.observation))).connections);
  } catch (error) {
    // Or an owner who changed the password by hand.
    if (isDbmakerError(error, 'unsupported') || isDbmakerError(error, 'access_denied')) return throughGateway;
    throw error;
  }
}
