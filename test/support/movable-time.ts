/** A clock that a test can move under a whole server (libfaketime); timers go on in real time. */
import { existsSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { temporaryDirectory } from './tmp.ts';

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64' };
const LIBRARY = `/usr/lib/${ARCHITECTURES[process.arch] ?? process.arch}-linux-gnu/faketime/libfaketimeMT.so.1`;

export interface MovableTime extends AsyncDisposable {
  /** For the environment of the server. */
  readonly env: Readonly<Record<string, string>>;
  /** The clock says so many hours more (or less) than the real one, from now on. */
  setHours(ahead: number): Promise<void>;
}

export async function movableTime(): Promise<MovableTime> {
  if (!existsSync(LIBRARY)) throw new Error(`${LIBRARY} is missing: apt-get install libfaketime`);
  const directory = await temporaryDirectory('time');
  const file = path.join(directory.path, 'offset');
  const setHours = async (ahead: number): Promise<void> => {
    await writeFile(`${file}.new`, `${ahead < 0 ? '-' : '+'}${String(Math.abs(Math.round(ahead * 3600)))}\n`);
    await rename(`${file}.new`, file);
  };
  await setHours(0);
  return {
    env: {
      LD_PRELOAD: LIBRARY,
      // The server alone: databases in their sandboxes do not start with it.
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent('delete process.env.LD_PRELOAD; delete process.env.NODE_OPTIONS;')}`,
      FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
    setHours,
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}
