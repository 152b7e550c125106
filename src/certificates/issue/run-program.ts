import { execFile } from 'node:child_process';
import path from 'node:path';
import { DbmakerError } from '../../domain/errors.ts';
import type { Pair } from '../pair.ts';
import type { Issue } from './request.ts';

const PROGRAM = path.join(import.meta.dirname, 'program.ts');
const TIMEOUT_MS = 60_000; // takes a third of a second on an idle machine

/** {@link Issue} in a process of its own: see program.ts. */
export const issueInProcess: Issue = (request) => new Promise((resolve, reject) => {
  // An empty environment: ours holds secrets, and options such as a debugger's port that must not be used twice.
  const child = execFile(process.execPath, [PROGRAM], { env: {}, timeout: TIMEOUT_MS }, (error, stdout, stderr) => {
    // An answer is whole when the program ended well; its text is never told, as it holds a key.
    if (error === null) return resolve(JSON.parse(stdout) as Pair);
    const said = stderr.trim().split('\n').slice(0, 8).join(' | ');
    reject(new DbmakerError('internal', `No TLS certificate could be made. ${said}`.trim(), { cause: error }));
  });
  // A program that ends before it has read breaks the pipe; what it says on standard error is told above.
  child.stdin?.on('error', () => undefined).end(JSON.stringify(request));
});
