import { withoutSecrets } from '../../domain/instance/explain.ts';
import type { Pass } from './context.ts';

const LINES = 20;
const MAX_CHARACTERS = 4000;

/** The last lines of the engine's log, without the instance's password; empty when there is none to be had. */
export async function logTail(pass: Pass): Promise<string> {
  const lines: string[] = [];
  try {
    for await (const line of pass.ports.runtime.logs(pass.instance.id, { tail: LINES, follow: false, signal: pass.signal })) lines.push(line.text);
  } catch (error) {
    // The log only explains another failure, which is the one to be told.
    pass.ports.log.debug({ err: error, instance: pass.instance.id }, 'no log tail');
  }
  return withoutSecrets(lines.join('\n'), [pass.password()]).slice(-MAX_CHARACTERS);
}
