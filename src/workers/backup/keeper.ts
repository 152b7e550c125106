import type { Clock } from '../../domain/ports/clock.ts';
import type { BackupFiles } from '../../domain/ports/backups.ts';
import type { Log } from '../../domain/ports/log.ts';
import type { Store } from '../../domain/ports/store.ts';

const EVERY_MS = 10 * 60_000;

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
      if (!(await store.backups.markRemoving(id, { expiredAt: now }))) continue; // somebody wants it after all
      await files.remove(id);
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
    try {
      await this.tidy();
    } catch (error) {
      this.#ports.log.warn({ err: error }, 'expired backups could not be removed; tried again later');
    }
    if (!this.#stopped) this.#cancel = this.#ports.clock.after(EVERY_MS, () => void this.#turn());
  }
}
