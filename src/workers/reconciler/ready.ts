import { DbmakerError } from '../../domain/errors.ts';
import { restoreInto } from '../backup/restore.ts';
import { logTail } from './log-tail.ts';
import { findLogin } from './login.ts';
import { rotatePassword } from './rotate.ts';
import type { EventDraft, Pass } from './context.ts';

/**
 * Asks the database itself whether it is ready; when it is, carries out what is left to do in it and reports `running`.
 * @returns false: not yet, ask again soon
 * @throws start_timeout after the bound (the process is left alone: a long recovery must never be killed)
 */
export async function becomeReady(pass: Pass): Promise<boolean> {
  const { instance, observation, ports, engine } = pass;
  const { status, spec } = instance;
  const firstOfRun = status.phase !== 'running' || status.endpoint === null;
  // The process runtime shows its own path for the data directory; in a container it has to be the mounted one.
  const access = { dataPath: ports.runtime.name === 'docker' ? pass.workload().dataPath : null };
  const login = await findLogin(pass, firstOfRun ? { ensureAccess: access } : {});
  if (login.state === 'starting') {
    await checkDeadline(pass, login.message);
    return false;
  }
  const reason = login.state === 'refused' ? login.error : null;
  const unchanged = status.observedGeneration === spec.generation && (status.reason?.code ?? null) === (reason?.code ?? null) && status.attempts === 0;
  if (!firstOfRun && unchanged && instance.secrets.nextPassword === null) return true;

  let version = status.version;
  if (firstOfRun && login.state === 'ready') {
    if (login.version === undefined) await engine.ensureAccess(login.target, access);
    version = login.version ?? await engine.version(login.target);
  }
  const restored = firstOfRun && login.state === 'ready' && await restoreInto(pass, login.target);
  const rotation = await rotatePassword(pass, login.target);
  const running = firstOfRun ? [{ type: 'instance.running', message: `${instance.name} is running.`, data: { version } }] : [];
  await pass.report(
    {
      phase: 'running',
      endpoint: observation.endpoint,
      reason: reason === null || rotation.rotated !== undefined ? null : { code: reason.code, message: reason.userText },
      progress: null,
      attempts: 0,
      nextTryAt: null,
      version,
      provisioned: true,
      ...(restored ? { restored } : {}),
      observedGeneration: spec.generation,
    },
    { ...rotation, events: [...restoredEvent(pass, restored), ...running, ...rotation.events] },
  );
  return true;
}

/** For data that were put in before the start, too: they have now been seen to work. */
function restoredEvent({ instance: { name, spec, status } }: Pass, now: boolean): EventDraft[] {
  if (status.provisioned || (!now && status.restored !== true)) return [];
  return [{ type: 'instance.restored', message: `${name} was restored from a backup.`, data: { backup: spec.restoreFrom } }];
}

async function checkDeadline(pass: Pass, waitingFor: string): Promise<void> {
  const { instance, ports } = pass;
  const launchedAt = instance.status.startedAt ?? ports.clock.now();
  if (ports.clock.now() - launchedAt <= ports.settings.startTimeoutMs) return;
  const seconds = Math.round(ports.settings.startTimeoutMs / 1000);
  const lastLine = (await logTail(pass)).split('\n').at(-1) ?? '';
  throw new DbmakerError('start_timeout', `It did not become ready within ${seconds} seconds (${waitingFor}). ${lastLine}`.trim());
}
