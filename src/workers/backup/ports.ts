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

/** One that is looked at again and again renews its place; who does not for so long (another worker's by now) has lost it. A backup itself may take hours. */
const ABANDONED_MS = 6 * 3_600_000;

/** Places, each held by an instance from the first step of its backup to the last. */
export class Slots {
  readonly #count: number;
  readonly #held = new Map<string, number>();

  constructor(count: number) {
    this.#count = count;
  }

  /** Whether this one has a place (from now on). */
  hold(id: string, now: number): boolean {
    for (const [other, at] of this.#held) if (now - at > ABANDONED_MS || now < at) this.#held.delete(other);
    if (!this.#held.has(id) && this.#held.size >= this.#count) return false;
    this.#held.set(id, now);
    return true;
  }

  release(id: string): void {
    this.#held.delete(id);
  }
}
