import { isDbmakerError, type ErrorCode } from '../domain/errors.ts';
import type { Database } from './database.ts';

/** Called when an operation begins; what it returns is called when it has ended, with the code of what befell the database. */
export type ObserveStore = (operation: 'read' | 'write' | 'write_volatile') => (failure: ErrorCode | null) => void;

/** What befalls the database itself; other errors are answers. */
export const STORE_FAILURES: readonly ErrorCode[] = ['store_unavailable', 'store_read_only', 'disk_full', 'internal'];

/** The same database, each of whose operations is told. */
export function observed(database: Database, observe: ObserveStore): Database {
  const told = async <T>(operation: Parameters<ObserveStore>[0], run: () => Promise<T>): Promise<T> => {
    const end = observe(operation);
    try {
      const result = await run();
      end(null);
      return result;
    } catch (error) {
      end(STORE_FAILURES.find((code) => isDbmakerError(error, code)) ?? null);
      throw error;
    }
  };
  return {
    kind: database.kind,
    clock: database.clock,
    read: (work) => told('read', () => database.read(work)),
    write: (work) => told('write', () => database.write(work)),
    writeVolatile: (work) => told('write_volatile', () => database.writeVolatile(work)),
    close: () => database.close(),
  };
}
