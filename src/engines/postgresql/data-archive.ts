import { DbmakerError } from '../../domain/errors.ts';
import type { DataArchiveCheck } from '../../domain/ports/engine.ts';

const CONTROL = 'global/pg_control';
/** DBState in pg_control: after the system identifier (8 bytes), the versions of the file and of the catalogue (4 each). */
const STATE_AT = 16;
/** Ended in good order, as a primary and as a standby. */
const SHUT_DOWN: readonly number[] = [1, 2];

/** A cluster, whole enough to be told; one that did not end in good order recovers by its log when it is started. */
export const dataArchive: DataArchiveCheck = {
  files: [CONTROL, 'PG_VERSION'],
  inspect(beginnings) {
    const control = beginnings.get(CONTROL);
    if (control === undefined || control.length < STATE_AT + 4 || !/^\d+/.test(beginnings.get('PG_VERSION')?.toString('latin1') ?? '')) {
      throw new DbmakerError('backup_damaged', 'The archive holds no complete PostgreSQL cluster.');
    }
    return { clean: SHUT_DOWN.includes(control.readUInt32LE(STATE_AT)) };
  },
};
