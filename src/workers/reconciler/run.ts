import { DbmakerError } from '../../domain/errors.ts';
import { CRASH_LOOP_REST_MS, isCrashLoop, withCrash } from '../../domain/instance/crash.ts';
import { backoffMs } from '../../domain/instance/backoff.ts';
import { explainEnd } from '../../domain/instance/explain.ts';
import { timeLeft } from '../../domain/time-left.ts';
import type { Observation } from '../../domain/ports/runtime.ts';
import { DONE, again, type Pass, type StepResult } from './context.ts';
import { restoreData } from '../backup/restore.ts';
import { logTail } from './log-tail.ts';
import { progressReporter } from './progress.ts';
import { becomeReady } from './ready.ts';
import { writeOut } from './stop.ts';

/** A database is usually ready within 100-500 ms of its launch (a look costs 2 ms); the longer it takes, the less a moment more matters. */
function readyRecheckMs(sinceLaunch: number): number {
  return Math.min(500, Math.max(4, (sinceLaunch - 500) / 20));
}

/** desired = running: provision, start, restart, resume, whichever is missing. */
export async function keepRunning(pass: Pass): Promise<StepResult> {
  const { instance, observation } = pass;
  const { spec, status } = instance;
  const alive = observation.state === 'running' || observation.state === 'paused';
  const outdated = observation.fingerprint !== null && observation.fingerprint !== pass.workload().fingerprint;

  if (alive && (spec.restarts !== status.restarts || outdated)) return endForRestart(pass);
  if (endedUnasked(pass)) return afterUnaskedEnd(pass);
  if (observation.state === 'paused') {
    await pass.ports.runtime.resume(instance.id);
    return again(0);
  }
  if (observation.state !== 'running') {
    const rest = restLeft(pass);
    return rest > 0 ? again(rest) : launch(pass, outdated || observation.state === 'absent');
  }
  const now = pass.ports.clock.now();
  if (status.phase === 'pending' || status.startedAt === null || status.startedAt > now) {
    // It runs though nobody wrote so: we were killed between a launch and its report, or a person started it by hand. Or the clock was set back:
    // counted from a time to come, it would have for ever to become ready.
    await pass.report({ phase: status.provisioned ? status.phase : 'provisioning', startedAt: Math.min(observation.startedAt ?? now, now) });
    return again(0);
  }
  return (await becomeReady(pass)) ? DONE : again(readyRecheckMs(pass.ports.clock.now() - status.startedAt));
}

/**
 * Milliseconds until the next try that a failure has put off. The end of a process, a resync and a restart of the server wake us too, and
 * none of them may cut it short; only a person does, by changing the spec.
 */
function restLeft({ instance: { spec, status }, ports }: Pass): number {
  return spec.generation > status.observedGeneration ? 0 : timeLeft(status.nextTryAt, ports.clock.now());
}

/** Ended by itself (or by somebody's hand) in the run that we launched, as opposed to: not launched yet, or ended by us. */
function endedUnasked({ instance, observation }: Pass): boolean {
  const { startedAt, phase } = instance.status;
  if (startedAt === null || instance.spec.restarts !== instance.status.restarts) return false;
  if (observation.state === 'exited') return observation.startedAt === null || observation.startedAt >= startedAt;
  // Removed behind our back while it was running: the data is still there, so it comes back.
  return phase === 'running' && (observation.state === 'absent' || observation.state === 'created');
}

async function launch(pass: Pass, anew: boolean): Promise<StepResult> {
  const { instance, observation, ports } = pass;
  const { status, spec } = instance;
  const workload = pass.workload();
  if (status.provisioned && workload.dataPath !== null && !observation.dataPresent) {
    throw new DbmakerError('data_missing', 'The data directory of this database is gone. It is not started, so that it does not come up empty. Restore the directory, or delete the database.');
  }
  await pass.report({
    phase: 'provisioning',
    restarts: spec.restarts,
    endpoint: null,
    startedAt: ports.clock.now(),
    nextTryAt: null,
    progress: anew ? { step: 'prepare', message: 'Preparing' } : { step: 'start', message: 'Starting' },
  }, { volatile: true }); // a power cut takes what is launched here with it, so that it is simply launched again
  if (anew) {
    if (spec.trial === true && !status.provisioned) await requireAvailable(pass);
    await ports.runtime.prepare(workload, progressReporter(pass), pass.signal);
    await restoreData(pass);
    await ports.runtime.create(workload);
  }
  await ports.runtime.start(workload);
  return again(0);
}

/** What is made of a saved template was asked about before (the api says no); of a document that is only tried, nobody has. */
async function requireAvailable({ instance: { spec }, ports }: Pass): Promise<void> {
  const availability = await ports.runtime.availability(spec.template);
  if (availability.available) return;
  throw new DbmakerError('template_unavailable', `${spec.template.name} cannot be created here: ${availability.reason}`, availability.remedy === undefined ? {} : { remedy: availability.remedy });
}

/** Ends the run; the next look finds startedAt = null and launches. Restart counters follow only then, so a kill repeats the stop. */
async function endForRestart(pass: Pass): Promise<StepResult> {
  const { instance, ports } = pass;
  await pass.report({ phase: 'provisioning', endpoint: null, startedAt: null, progress: { step: 'restart', message: 'Restarting' } });
  await writeOut(pass, { must: false });
  await ports.runtime.stop(instance.id, { graceMs: ports.settings.stopGraceMs });
  await pass.report({ restarts: instance.spec.restarts });
  return again(0);
}

/** Restarts with growing delay; too many ends within the window make it `failed`, to be tried again after a rest. */
async function afterUnaskedEnd(pass: Pass): Promise<StepResult> {
  const { instance, observation, ports } = pass;
  const now = ports.clock.now();
  const early = instance.status.phase !== 'running';
  const reason = explainEnd(observation, instance.spec.resources, await logTail(pass), early);
  const crashes = withCrash(instance.status.crashes, now);
  const attempts = instance.status.attempts + 1;
  const looping = isCrashLoop(crashes, now);
  // The first end of a healthy one is answered at once; one that never became ready gets a moment.
  const delay = looping ? CRASH_LOOP_REST_MS : attempts === 1 && !early ? 0 : backoffMs(attempts, ports.random(), { baseMs: 500, maxMs: 60_000 });
  await pass.report(
    {
      phase: looping || early ? 'failed' : 'provisioning',
      endpoint: null,
      startedAt: null,
      progress: null,
      reason: looping ? { ...reason, message: `It ended ${crashes.length} times within ten minutes and is left alone for a while. ${reason.message}` } : reason,
      attempts,
      crashes,
      observedGeneration: instance.spec.generation,
      nextTryAt: now + delay,
    },
    { events: [{ type: looping ? 'instance.failed' : 'instance.crashed', message: reason.message, data: describeEnd(observation) }] },
  );
  return again(delay);
}

function describeEnd(observation: Observation): Record<string, unknown> {
  return { exitCode: observation.exitCode, outOfMemory: observation.outOfMemory };
}
