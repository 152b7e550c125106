import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { DbmakerError } from '../domain/errors.ts';
import { MAX_GATEWAYS } from '../domain/gateway/number.ts';
import { tryLock, type HeldLock } from '../store/index.ts';

/** A number that no other gateway process of this home has, for as long as this one lives. @throws DbmakerError conflict, ... */
export async function claimGatewayNumber(home: string): Promise<{ directory: string; number: number; lock: HeldLock }> {
  const directory = path.join(home, 'run');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  for (let number = 0; number < MAX_GATEWAYS; number += 1) {
    const lock = tryLock(path.join(directory, `gateway-${String(number)}.lock`));
    if (lock !== null) return { directory, number, lock };
  }
  throw new DbmakerError('conflict', `${String(MAX_GATEWAYS)} gateway processes are running with DBMAKER_HOME=${home}; there can be no more.`);
}
