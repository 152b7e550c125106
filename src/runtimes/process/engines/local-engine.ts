import type { Availability } from '../../../domain/template/template.ts';
import type { OnProgress, Workload } from '../../../domain/ports/runtime.ts';
import type { Definition } from '../records.ts';

/** How a data directory is made: a shell script and what it reads. */
export interface Initialisation {
  /**
   * Body of a script that makes the complete data in `./data.init` (not there yet), as the server's user. `$1` and up are `argv`,
   * `$input` is `input`. Any failing command ends it: nothing was made then.
   */
  readonly script: string;
  readonly argv: readonly string[];
  /** Holds secrets: handed over through a pipe. */
  readonly input: string;
}

/** What the process runtime knows of one database family: where its programs are, how to make data, how to start and end it. */
export interface LocalEngine {
  readonly name: Definition['engine'];
  readonly stopSignal: NodeJS.Signals;
  /** Whether the program cannot stand in a directory below ones that are closed to its uid: it then gets it as descriptor 9. */
  readonly hideDirectory: boolean;
  /** Name of the socket where the workload names none. */
  readonly socketName: string;
  /** Whether a template of this image can run here. `major`: the version that the image's tag names, null if none. */
  availability(major: number | null): Promise<Availability>;
  /** Makes the programs usable by any uid. @throws DbmakerError engine_unavailable, disk_full */
  prepare(onProgress: OnProgress, signal?: AbortSignal): Promise<void>;
  /**
   * What is in an existing data directory: `complete` (ours or of an image of the same major).
   * @throws DbmakerError data_misplaced when something else is in there
   */
  inspectData(directory: string): Promise<'empty' | 'complete'>;
  /** @throws DbmakerError invalid_request: the environment lacks something or cannot be used */
  initialisation(workload: Workload): Promise<Initialisation>;
  /** Settings in a template's own command, those left out that the runtime decides. */
  settings(command: readonly string[] | null): Readonly<Record<string, string>>;
  /** Files in `data` and `run`, relative to the instance's directory, that a killed run leaves and that would stop the next one. */
  staleFiles(definition: Definition): readonly string[];
  /** Program and arguments; the working directory is the data directory, the socket's is `../run`. */
  command(definition: Definition): Promise<readonly string[]>;
  /** Whether the end of the log says that it ended by itself, in good order. */
  endedInOrder(logTail: string): boolean;
  /** Time of a log line, milliseconds since 1970. */
  timeOf(line: string): number | null;
}
