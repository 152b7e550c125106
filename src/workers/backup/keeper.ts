import type { Clock } from '../../domain/ports/clock.ts';
import type { BackupFiles } from '../../domain/ports/backups.ts';
import type { Log } from '../../domain/ports/log.ts';
import type { Store } from '../../domain/ports/store.ts';

const EVERY_MS = 10 * 60_000;
/** More between two looks is no delay: the clock was set, or nobody was there. */
const GAP_MS = 15 * 60_000;
/** So long it has to be true that the time of a backup is over: a clock that is wrong for a moment must not cost all of them. */
const CERTAIN_MS = 3_600_000;

export interface BackupKeeperPorts {
  readonly store: Pick<Store, 'backups'>;
  readonly files: Pick<BackupFiles, 'remove' | 'names'>;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Removes backups whose time is over, and those whose removal or making was cut off for good. Only what a row names, files first: a kill in between
 * leaves a row that says so. What lies beside them and has no row is told, and left alone.
 */
export class BackupKeeper {
  readonly #ports: BackupKeeperPorts;
  readonly #told = new Set<string>();
  #cancel: () => void = () => undefined;
  #stopped = false;
  #lastLookAt: number | null = null;
  #upSince = -Infinity;

  constructor(ports: BackupKeeperPorts) {
    this.#ports = ports;
  }

  start(): void {
    void this.#turn();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  /** One look. @throws DbmakerError */
  async tidy(): Promise<void> {
    const { store, files, clock, log } = this.#ports;
    const now = clock.now();
    for (const { id, state, instanceId } of await store.backups.removable(now)) {
      if (state === 'verified' && now - this.#upSince < CERTAIN_MS) continue;
      if (!(await store.backups.markRemoving(id, { expiredAt: now }))) continue; // somebody wants it after all
      try {
        await files.remove(id);
      } catch (error) {
        log.warn({ err: error, backup: id }, 'the files of a backup could not be removed; tried again later'); // and the others now
        continue;
      }
      await store.backups.delete(id);
      log.info({ backup: id, instance: instanceId, state }, 'a backup was removed');
    }
    for (const name of await files.names()) {
      if (this.#told.has(name) || (await store.backups.get(name)) !== null) continue;
      this.#told.add(name);
      log.warn({ name }, 'no row knows these files among the backups; they are left alone');
    }
  }

  async #turn(): Promise<void> {
    const now = this.#ports.clock.now();
    if (this.#lastLookAt === null || Math.abs(now - this.#lastLookAt - EVERY_MS) > GAP_MS) this.#upSince = now;
    this.#lastLookAt = now;
    try {
      await this.tidy();
    } catch (error) {
      this.#ports.log.warn({ err: error }, 'expired backups could not be removed; tried again later');
    }
    if (!this.#stopped) this.#cancel = this.#ports.clock.after(EVERY_MS, () => void this.#turn());
  }
}
