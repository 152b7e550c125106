import { randomBytes } from 'node:crypto';
import type { Log } from '../../src/domain/ports/log.ts';
import type { Runtime } from '../../src/domain/ports/runtime.ts';
import { systemClock } from '../../src/main/clock.ts';
import { createDockerRuntime } from '../../src/runtimes/docker/index.ts';
import { IMAGES_DIRECTORY, docker } from './docker.ts';
import { temporaryDirectory } from './tmp.ts';

export const quietLog: Log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined, child: () => quietLog };

/** An installation of its own on a Docker Engine; its containers, network and files are gone when it is disposed. */
export interface DockerHome extends AsyncDisposable {
  readonly path: string;
  readonly homeId: string;
  readonly runtime: Runtime;
  /** Another object over the same home. */
  open(): Runtime;
  /** The docker command on the same engine. */
  docker(...argv: string[]): Promise<string>;
}

export async function dockerHome(socketPath: string, options: { imagesDirectory?: string } = {}): Promise<DockerHome> {
  const directory = await temporaryDirectory('runtime');
  const homeId = `test${randomBytes(6).toString('hex')}`;
  const run = (...argv: string[]): Promise<string> => docker(socketPath, argv);
  const open = (): Runtime => createDockerRuntime({
    home: directory.path, homeId, socketPath, imagesDirectory: options.imagesDirectory ?? IMAGES_DIRECTORY, log: quietLog, clock: systemClock,
  });
  const ours = async (...list: string[]): Promise<string[]> => (await run(...list, '--filter', `label=dbmaker.home=${homeId}`)).split('\n').filter((id) => id !== '');
  return {
    path: directory.path,
    homeId,
    runtime: open(),
    open,
    docker: run,
    [Symbol.asyncDispose]: async () => {
      const containers = await ours('ps', '-aq');
      if (containers.length > 0) await run('rm', '-f', '-v', ...containers);
      const networks = await ours('network', 'ls', '-q');
      if (networks.length > 0) await run('network', 'rm', ...networks);
      await directory[Symbol.asyncDispose]();
    },
  };
}
