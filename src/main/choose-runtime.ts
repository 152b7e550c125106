import { DbmakerError } from '../domain/errors.ts';
import type { Config } from '../config/config.ts';
import type { Log } from '../domain/ports/log.ts';
import type { Runtime } from '../domain/ports/runtime.ts';
import type { Store } from '../domain/ports/store.ts';

/**
 * The runtime of this installation. It is chosen once and remembered: instances made in Docker must not be started as local processes
 * because Docker happens to be away at the next start.
 * @throws invalid_configuration when DBMAKER_RUNTIME contradicts instances that exist
 */
export async function chooseRuntime(config: Config, store: Store, log: Log, make: { docker: () => Promise<Runtime>; process: () => Promise<Runtime> }): Promise<Runtime> {
  const remembered = await store.settings.get('runtime');
  const wanted = config.runtime === 'auto' ? (remembered ?? (await detect(await make.docker(), log))) : config.runtime;
  if (remembered !== null && remembered !== wanted) {
    const rows = await store.instances.overview();
    if (rows.length > 0) {
      throw new DbmakerError('invalid_configuration', `This installation's ${rows.length} databases run in the ${remembered} runtime; DBMAKER_RUNTIME=${wanted} would leave them behind.`, {
        remedy: `Set DBMAKER_RUNTIME=${remembered}, or delete the databases first, or use another DBMAKER_HOME.`,
      });
    }
  }
  if (remembered === null) await store.settings.putIfAbsent('runtime', wanted);
  return wanted === 'docker' ? make.docker() : make.process();
}

async function detect(docker: Runtime, log: Log): Promise<'docker' | 'process'> {
  try {
    const { version } = await docker.info();
    log.info({ docker: version }, 'a Docker Engine answers: databases run as containers');
    return 'docker';
  } catch (error) {
    log.info({ reason: error instanceof Error ? error.message : String(error) }, 'no Docker Engine answers: databases run as local processes');
    return 'process';
  }
}
