import type { Clock } from '../../domain/ports/clock.ts';
import type { Log } from '../../domain/ports/log.ts';
import type { DockerClient } from './client.ts';

/** What every part of the docker runtime works with. */
export interface DockerContext {
  readonly client: DockerClient;
  /** DBMAKER_HOME, absolute. */
  readonly home: string;
  readonly homeId: string;
  /** Directory that holds the contexts of our own images: docker/ of the repository. */
  readonly imagesDirectory: string;
  /** Instance -> its container as last seen or made: a shortcut past a search, never the truth. */
  readonly lastSeen: Map<string, string>;
  readonly log: Log;
  readonly clock: Clock;
}
