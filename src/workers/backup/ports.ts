import type { BackupFiles } from '../../domain/ports/backups.ts';

/** What backups need beyond what the reconciler has; handed in by src/main. */
export interface BackupPorts {
  readonly files: BackupFiles;
  /** How long a final backup is kept, milliseconds. */
  readonly retentionMs: number;
  /** A new id, as instances have. */
  readonly newId: () => string;
  /** Backups and restores that this worker has under way at a time: each keeps a core and the disk busy. */
  readonly slots: Slots;
}

/** Counts places. */
export class Slots {
  #free: number;

  constructor(count: number) {
    this.#free = count;
  }

  /** null: all are taken. The returned function gives the place back, once. */
  take(): (() => void) | null {
    if (this.#free === 0) return null;
    this.#free -= 1;
    let held = true;
    return () => {
      if (held) this.#free += 1;
      held = false;
    };
  }
}
