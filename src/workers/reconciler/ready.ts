import { DbmakerError, isDbmakerError } from '../../domain/errors.ts';
import { passwordContext } from '../../domain/ports/secret-box.ts';
import type { Engine, EngineTarget } from '../../domain/ports/engine.ts';
import { logTail } from './log-tail.ts';
import { rotatePassword } from './rotate.ts';
import type { Pass } from './context.ts';

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
      observedGeneration: spec.generation,
    },
    { ...rotation, events: [...running, ...rotation.events] },
  );
  return true;
}

type Login =
  | { readonly state: 'ready'; readonly target: EngineTarget; readonly version?: string }
  | { readonly state: 'starting'; readonly message: string }
  /** It answers, but the owner changed the login by hand: it runs, and we say that we cannot look inside. */
  | { readonly state: 'refused'; readonly target: EngineTarget; readonly error: DbmakerError };

/** The login that works: the password on record, or the next one where a rotation was cut off after it had been applied. */
async function findLogin(pass: Pass, options: Parameters<Engine['probe']>[1]): Promise<Login> {
  const { instance, ports, engine, observation } = pass;
  const target = pass.target(observation);
  try {
    const readiness = await engine.probe(target, options);
    return readiness.state === 'ready' ? { ...readiness, target } : readiness;
  } catch (error) {
    if (!isDbmakerError(error, 'access_denied')) throw error;
    const sealed = instance.secrets.nextPassword;
    if (sealed !== null) {
      const next = pass.target(observation, ports.secretBox.open(sealed, passwordContext(instance.id)));
      try {
        const readiness = await engine.probe(next, options);
        return readiness.state === 'ready' ? { ...readiness, target: next } : readiness;
      } catch (again) {
        if (!isDbmakerError(again, 'access_denied')) throw again;
      }
    }
    // While an official image initialises itself, its login does not exist yet.
    if (!instance.status.provisioned) return { state: 'starting', message: error.userText };
    return { state: 'refused', target, error: new DbmakerError('access_denied', 'It runs, but the password was changed inside the database, so DbMaker cannot look into it.', { cause: error }) };
  }
}

async function checkDeadline(pass: Pass, waitingFor: string): Promise<void> {
  const { instance, ports } = pass;
  const launchedAt = instance.status.startedAt ?? ports.clock.now();
  if (ports.clock.now() - launchedAt <= ports.settings.startTimeoutMs) return;
  const seconds = Math.round(ports.settings.startTimeoutMs / 1000);
  const lastLine = (await logTail(pass)).split('\n').at(-1) ?? '';
  throw new DbmakerError('start_timeout', `It did not become ready within ${seconds} seconds (${waitingFor}). ${lastLine}`.trim());
}
