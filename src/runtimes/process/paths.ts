import path from 'node:path';
import { DbmakerError } from '../../domain/errors.ts';

/** Where everything of one instance lies. Only `data` and `run` belong to the instance's uid; the rest is the server's. */
export interface InstancePaths {
  readonly directory: string;
  /** The engine's data; exists only complete: it is made under `init` and renamed. */
  readonly data: string;
  readonly init: string;
  /** The engine's unix socket. */
  readonly run: string;
  /** Locked (flock) by the engine's processes for as long as one of them lives. */
  readonly lock: string;
  /** What `create` made: see Definition. */
  readonly definition: string;
  /** Written by the process itself just before it becomes the engine: see ProcessRecord. */
  readonly process: string;
  /** How the last run ended: see EndRecord. */
  readonly end: string;
  readonly log: string;
  /** What the log held before it was cut. */
  readonly oldLog: string;
  /** Where `directory` goes when it is removed, so that data vanish at once and not file by file. */
  readonly removing: string;
}

const REMOVING = '.removing-';

/** @throws DbmakerError not_found for what cannot be an id (it becomes part of a path) */
export function instancePaths(home: string, id: string): InstancePaths {
  if (!isInstanceId(id)) throw new DbmakerError('not_found', 'There is no such instance.');
  const instances = instancesDirectory(home);
  const directory = path.join(instances, id);
  const inside = (name: string): string => path.join(directory, name);
  return {
    directory,
    data: inside('data'),
    init: inside('data.init'),
    run: inside('run'),
    lock: inside('lock'),
    definition: inside('definition.json'),
    process: inside('process'),
    end: inside('end.json'),
    log: inside('log'),
    oldLog: inside('log.old'),
    removing: path.join(instances, REMOVING + id),
  };
}

export function instancesDirectory(home: string): string {
  return path.join(home, 'instances');
}

/** The id that an entry of the instances directory stands for (also one that is being removed), or null if it is not ours. */
export function idOfEntry(name: string): string | null {
  const id = name.startsWith(REMOVING) ? name.slice(REMOVING.length) : name;
  return isInstanceId(id) ? id : null;
}

function isInstanceId(id: string): boolean {
  return /^[a-z][a-z0-9]{2,31}$/.test(id);
}
