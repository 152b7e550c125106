import type { EngineName } from '../../domain/template/template.ts';
import type { Resources } from '../../domain/instance/instance.ts';
import { readText, writeText } from './files.ts';
import type { InstancePaths } from './paths.ts';

/** What `create` made: the counterpart of a container's configuration. Holds no secret. */
export interface Definition {
  readonly engine: Exclude<EngineName, 'generic'>;
  readonly fingerprint: string;
  /** Of the instance's processes and of `data` and `run`; null: the server's own (it is not root). */
  readonly uid: number | null;
  readonly resources: Resources;
  readonly socketName: string;
  /** Settings of the template's command: name -> value. */
  readonly settings: Readonly<Record<string, string>>;
  /** Name of its control group, where there are such. */
  readonly cgroup: string | null;
}

export interface EndRecord {
  /** Which run it was. */
  readonly run: string;
  /** As a shell would say it: 128 + n for a signal; null: nobody saw it. */
  readonly exitCode: number | null;
  readonly outOfMemory: boolean;
  /** Milliseconds since 1970. */
  readonly finishedAt: number;
}

export async function readDefinition(paths: InstancePaths): Promise<Definition | null> {
  return parse<Definition>(await readText(paths.definition));
}

export function writeDefinition(paths: InstancePaths, definition: Definition): Promise<void> {
  return writeText(paths.definition, JSON.stringify(definition));
}

export async function readEnd(paths: InstancePaths): Promise<EndRecord | null> {
  return parse<EndRecord>(await readText(paths.end));
}

export function writeEnd(paths: InstancePaths, end: EndRecord): Promise<void> {
  return writeText(paths.end, JSON.stringify(end));
}

/** Our own files, replaced atomically: what does not parse was damaged from outside, and counts as missing. */
function parse<T>(text: string | null): T | null {
  if (text === null) return null;
  try {
    return JSON.parse(text) as T;
  } catch {
    return null;
  }
}
