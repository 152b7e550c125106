/**
 * A template as its JSON says it. The first seven members are the shape that users were promised; the rest are ours and optional.
 */
export interface TemplateDocument {
  readonly name: string;
  readonly type: string;
  readonly image: string;
  readonly defaultPort: number;
  readonly environmentVariables?: Readonly<Record<string, string>>;
  readonly connectionStringTemplate: string;
  readonly description?: string;
  readonly version?: string;
  readonly icon?: string;
  /** Engine that knows this family; `generic` (any TCP service) when nothing else fits. Default: `type` if an engine has that name. */
  readonly engine?: EngineName;
  /** `socket`: listens on a unix socket, no network. `tcp`: listens on `defaultPort` only. Default: what the engine can. */
  readonly endpoint?: 'socket' | 'tcp';
  /** What its clients speak, for the gateway. Default: the engine's own; generic: `tcp`. */
  readonly protocol?: TemplateProtocol;
  /** Absolute directory inside the container that holds the data and outlives the container. Default: the engine's; generic: none. */
  readonly dataPath?: string;
  /** Absolute directory inside the container where the image puts its socket. Default: the engine's. */
  readonly socketDirectory?: string;
  /** Replaces the image's command. May use the variables. */
  readonly command?: readonly string[];
  readonly resources?: TemplateResources;
  readonly policies?: TemplatePolicies;
}

/** `tcp`: anything else; by hostname it is reached over TLS only. */
export type TemplateProtocol = 'postgresql' | 'redis' | 'http' | 'tcp';

export type EngineName = 'postgresql' | 'redis' | 'generic';

export interface TemplateResources {
  /** `512MB`, `1GB` or a number of bytes. */
  readonly memory?: string | number;
  readonly cpus?: number;
  readonly pids?: number;
}

/** Durations such as `30m`, `24h`, `7d`, or `never`. What a person may change it to is bounded by `allow`. */
export interface TemplatePolicies {
  /** Without use for so long: asleep. */
  readonly sleepAfter?: string;
  /** Without use for so long: removed, after a final backup. */
  readonly removeAfter?: string;
  /** Removed so long after its creation, used or not: an ephemeral one. */
  readonly ttl?: string;
  readonly allow?: PolicyBounds;
}

/** The longest that a person may ask for; left out: anything. `never` counts as longer than all. */
export interface PolicyBounds {
  readonly sleepAfter?: string;
  readonly removeAfter?: string;
  readonly ttl?: string;
}

/** Whether this installation can run a template; written by a worker (the api never talks to a runtime). */
export type Availability =
  | { readonly available: true }
  | { readonly available: false; readonly reason: string; readonly remedy?: string };

export interface Template {
  /** Lower-case key made of the document's name: what `{"template": ...}` and the URL use. */
  readonly key: string;
  readonly document: TemplateDocument;
  readonly builtin: boolean;
  /** null: no worker has looked yet. */
  readonly availability: Availability | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** `My Cache` -> `my-cache`; also applied to what a person asks for, so that `PostgreSQL` finds `postgresql`. */
export function templateKey(name: string): string {
  return name.trim().toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '');
}
