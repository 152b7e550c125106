import { createGunzip, createGzip } from 'node:zlib';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DbmakerError } from '../../domain/errors.ts';
import type { EngineBackup } from '../../domain/ports/engine.ts';
import { RdbCheck } from './rdb.ts';
import { snapshot } from './replication.ts';
import { info, type Session, withSession } from './session.ts';

const SNAPSHOT = 'dump.rdb.gz';
/** Strings are compressed inside already: more than the fastest costs time and saves little. */
const LEVEL = 1;
/** Where an append-only log begins: Redis 6 reads it as it is, 7 takes it over into its directory of them. */
const APPEND_ONLY_FILE = 'appendonly.aof';

/** A snapshot over the replication protocol; it goes into a new instance as the beginning of its append-only log. */
export const backup: EngineBackup = {
  format: 'rdb',
  needsPrograms: false,

  async dump({ target }, writer) {
    await withSession(target, async (session) => {
      await requireWholeLog(session);
      for (const type of ['normal', 'pubsub']) await session.command('CLIENT', 'KILL', 'TYPE', type, 'SKIPME', 'yes');
    });
    const check = new RdbCheck();
    await writer.file(SNAPSHOT, (output) => pipeline(Readable.from(snapshot(target), { objectMode: false }), check, createGzip({ level: LEVEL }), output));
    return { rdbBytes: check.bytes };
  },

  async check(_access, read, details) {
    const check = new RdbCheck();
    try {
      await pipeline(await read(SNAPSHOT), createGunzip(), check, new Writable({ write: (_chunk, _encoding, callback) => callback() }));
    } catch (error) {
      if (error instanceof DbmakerError) throw error;
      throw new DbmakerError('backup_damaged', 'The snapshot of Redis cannot be unpacked.', { cause: error });
    }
    if (check.bytes !== details['rdbBytes']) throw new DbmakerError('backup_damaged', 'The snapshot of Redis has another length than it had.');
  },

  restore: null,

  async seed(read, details) {
    const bytes = details['rdbBytes'];
    if (typeof bytes !== 'number') throw new DbmakerError('backup_damaged', 'The backup does not say how large the snapshot of Redis is.');
    const content = createGunzip();
    pipeline(await read(SNAPSHOT), content).catch(() => undefined); // `content` ends with it
    return { name: APPEND_ONLY_FILE, bytes, content };
  },
};

/**
 * Redis goes on when it may not replay a part of its log (redis#14541), and only counts that. What it then has in memory is less than what is in
 * its files: those are archived instead.
 * @throws unsupported
 */
async function requireWholeLog(session: Session): Promise<void> {
  if (!(await info(session, 'errorstats')).has('errorstat_NOPERM')) return;
  throw new DbmakerError('unsupported', 'Redis has left out parts of its log when it started.');
}
