import path from 'node:path';

/** Which installation a thing belongs to: its home id. */
export const HOME_LABEL = 'dbmaker.home';
export const INSTANCE_LABEL = 'dbmaker.instance';
export const FINGERPRINT_LABEL = 'dbmaker.fingerprint';
/** Name of the socket in the run directory; containers without a network only. */
export const SOCKET_LABEL = 'dbmaker.socket';
/** TCP port inside; containers with a published port only. */
export const PORT_LABEL = 'dbmaker.port';

export const containerName = (id: string): string => `dbmaker-${id}`;

/** The bridge of an installation's TCP-only instances. */
export const networkName = (homeId: string): string => `dbmaker-${homeId}`;

export interface InstanceDirectories {
  /** 0700 and ours: nobody else on the host gets further. */
  readonly root: string;
  /** Mounted at the workload's dataPath. */
  readonly data: string;
  /** Mounted where the engine puts its socket. */
  readonly run: string;
}

export const instancesDirectory = (home: string): string => path.join(path.resolve(home), 'instances');

/** Ids are checked where they are made; here again, because these paths are removed recursively. */
export function instanceDirectories(home: string, id: string): InstanceDirectories {
  if (!isInstanceId(id)) throw new TypeError(`not an instance id: ${JSON.stringify(id)}`);
  const root = path.join(instancesDirectory(home), id);
  return { root, data: path.join(root, 'data'), run: path.join(root, 'run') };
}

export const isInstanceId = (id: string): boolean => /^[a-z][a-z0-9]{0,31}$/.test(id);
