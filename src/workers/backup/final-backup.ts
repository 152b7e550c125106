import { backedUp, type Backup } from '../../domain/backup/backup.ts';
import { requireRoom } from '../../domain/backup/usage.ts';
import { DbmakerError, asDbmakerError, type ErrorCode } from '../../domain/errors.ts';
import { explainEnd } from '../../domain/instance/explain.ts';
import { keepsNothing } from '../../domain/instance/keeps-nothing.ts';
import type { EngineTarget } from '../../domain/ports/engine.ts';
import { again, type Pass, type StepResult } from '../reconciler/context.ts';
import { logTail } from '../reconciler/log-tail.ts';
import { findLogin } from '../reconciler/login.ts';
import { writeOut } from '../reconciler/stop.ts';
import { sealedLogin } from './login.ts';
import { clearRemains, makeBackup } from './make.ts';

/** Time to end in good order where it matters to the archive: what a kill would leave has to be recovered first. */
const GOOD_ORDER_MS = 5 * 60_000;
/** From the launch for the backup to the first login; recovering may take that long. */
const READY_WITHIN_MS = 10 * 60_000;
const READY_RECHECK_MS = 50;
const SLOT_RECHECK_MS = 3000;
/** The same way is tried so often; then the stopped data directory is archived instead. */
const DUMP_TRIES = 3;
/** To dump it makes no sense to try again: archived at once. */
const CANNOT_DUMP: readonly ErrorCode[] = ['unsupported', 'access_denied', 'start_timeout', 'engine_unavailable'];
/** Say nothing about the way that was taken. */
const OF_THE_PLATFORM: readonly ErrorCode[] = ['disk_full', 'quota_exceeded', 'runtime_unavailable', 'store_unavailable', 'store_read_only', 'cancelled', 'conflict', 'secret_unreadable'];

/**
 * Makes sure that there is a verified backup of an instance that is being deleted, step by step. What ran is ended first, whoever was connected
 * with it; the gateway has no route to it any more, so nobody writes after that. If it has to run for the backup, it is started again for us alone.
 *
 * The row in the store is written before the first byte, and says `verified` only when all of it was read back: a kill in between leaves a row
 * that is taken up again under the same id.
 * @returns null: there is one, or nothing that could be backed up
 * @throws DbmakerError: nothing may be removed
 */
export async function finalBackup(pass: Pass): Promise<StepResult | null> {
  const { instance, observation, ports } = pass;
  const known = await ports.store.backups.ofInstance(instance.id);
  if (known.some(({ state }) => state === 'verified') || nothingToKeep(pass)) return null;
  const making = known.find(({ state }) => state === 'making');
  if (making !== undefined && making.bytes > 0) await clearRemains(pass, making);
  // Before anything is stopped or started for it, at each try.
  requireRoom(await ports.store.backups.usage(instance.ownerId, making?.id));
  await ports.backups.files.requireRoom();
  const backup = making ?? await begin(pass);
  const alive = observation.state === 'running' || observation.state === 'paused';
  if (alive && instance.status.startedAt === null) return end(pass, {});
  // From the start on: a hundred that are removed at once must not all run at once.
  const { slots } = ports.backups;
  if (!slots.hold(instance.id, ports.clock.now())) return again(SLOT_RECHECK_MS + Math.round(ports.random() * SLOT_RECHECK_MS));
  let goesOn = false;
  try {
    const result = await (backup.format === 'data' ? archive(pass, backup, alive) : dump(pass, backup, alive));
    goesOn = result !== null;
    return result;
  } catch (error) {
    if (backup.format === 'data' || !givesUpDumping(pass, error)) throw error;
    ports.log.warn({ err: error, instance: instance.id, backup: backup.id }, 'this instance cannot be dumped; its stopped data directory is archived instead');
    await ports.store.backups.setFormat(pass.lease, backup.id, 'data');
    await pass.report({ startedAt: null, attempts: 0, progress: { step: 'backup', message: 'Stopping it to archive its data directory' } });
    goesOn = true;
    return again(0);
  } finally {
    if (!goesOn) slots.release(instance.id);
  }
}

/** @throws data_missing: a directory that is not there (an unmounted disk?) is no reason to forget whose it was */
function nothingToKeep(pass: Pass): boolean {
  if (keepsNothing(pass.instance) !== null) return true;
  if (pass.observation.dataPresent) return false;
  throw new DbmakerError('data_missing', 'Its data directory is gone, so there is nothing to back up.', {
    remedy: 'Put the directory back, or delete the database with ?backup=false.',
  });
}

async function begin(pass: Pass): Promise<Backup> {
  const { instance, engine, ports } = pass;
  const id = ports.backups.newId();
  // A process has no programs of its own beside it: of what needs one, the data directory is archived.
  const format = engine.backup === null || (engine.backup.needsPrograms && ports.runtime.name === 'process') ? 'data' : engine.backup.format;
  return ports.store.backups.begin({ id, instanceId: instance.id, ownerId: instance.ownerId, of: backedUp(instance, sealedLogin(pass, id, null)), format });
}

async function end(pass: Pass, patch: { attempts?: number }): Promise<StepResult> {
  await pass.report({ progress: { step: 'backup', message: 'Stopping it for its final backup' } });
  await writeOut(pass, { must: true });
  const graceMs = pass.engine.dataArchive === null ? pass.ports.settings.stopGraceMs : GOOD_ORDER_MS;
  await pass.ports.runtime.stop(pass.instance.id, { graceMs });
  await pass.report({ startedAt: null, ...patch });
  return again(0);
}

async function dump(pass: Pass, backup: Backup, alive: boolean): Promise<StepResult | null> {
  if (!alive) return launch(pass);
  const target = await loggedIn(pass);
  if (target === null) return again(READY_RECHECK_MS);
  await makeBackup(pass, backup, target);
  return null;
}

/** Data that were not left in good order are started once to recover; if that does not help, they are kept as they are. */
async function archive(pass: Pass, backup: Backup, alive: boolean): Promise<StepResult | null> {
  const recovering = pass.instance.status.attempts === 1 && pass.engine.dataArchive !== null;
  if (alive && recovering) {
    if ((await loggedIn(pass)) === null) return again(READY_RECHECK_MS);
    return end(pass, { attempts: 2 });
  }
  if (alive) return end(pass, {});
  if (recovering) return launch(pass);
  await makeBackup(pass, backup, null);
  return null;
}

/** For us alone: no route leads to an instance that is being deleted. */
async function launch(pass: Pass): Promise<StepResult> {
  const { instance, observation, ports } = pass;
  const { startedAt } = instance.status;
  if (startedAt !== null && observation.state === 'exited' && (observation.startedAt === null || observation.startedAt >= startedAt)) {
    const reason = explainEnd(observation, instance.spec.resources, await logTail(pass), true);
    await pass.report({ startedAt: null }); // the next try starts it again
    throw new DbmakerError(reason.code, reason.message);
  }
  const workload = pass.workload();
  await pass.report({ startedAt: ports.clock.now(), progress: { step: 'backup', message: 'Starting it for its final backup' } });
  if (observation.state === 'absent') {
    await ports.runtime.prepare(workload, () => undefined, pass.signal);
    await ports.runtime.create(workload);
  }
  await ports.runtime.start(workload);
  return again(0);
}

/** null: not yet. @throws access_denied, start_timeout */
async function loggedIn(pass: Pass): Promise<EngineTarget | null> {
  const { instance, observation, ports } = pass;
  if (observation.state === 'paused') {
    await ports.runtime.resume(instance.id);
    return null;
  }
  const login = await findLogin(pass, {});
  if (login.state === 'ready') return login.target;
  if (login.state === 'refused') throw login.error;
  if (ports.clock.now() - (instance.status.startedAt ?? 0) > READY_WITHIN_MS) throw new DbmakerError('start_timeout', `It did not become ready for its backup (${login.message}).`);
  return null;
}

function givesUpDumping({ instance }: Pass, thrown: unknown): boolean {
  const { code } = asDbmakerError(thrown);
  if (OF_THE_PLATFORM.includes(code)) return false;
  return CANNOT_DUMP.includes(code) || instance.status.attempts + 1 >= DUMP_TRIES;
}
