export interface EndpointOption {
  /** In small letters; null: not asked for. */
  readonly endpoint: string | null;
  /** Without it; everything else as it was, byte for byte. */
  readonly parameters: ReadonlyMap<string, string>;
  /** Set when it is named without a value, or two different ones are. */
  readonly problem?: string;
}

interface Word {
  /** Where it ends in the options. */
  readonly end: number;
  /** Without backslashes. */
  readonly text: string;
}

/** What C calls a space; JavaScript's \s would cut UTF-8 read as latin1 in two (the second byte of an à is 0xa0). */
const WORD = /(?:\\[^]?|[^\\ \t-\r])+/g;
const BARE = /^endpoint=(.*)$/is;
const WITH_FLAG = /^(?:-c|--)?endpoint=(.*)$/is;

/**
 * Clients that send no server name say which database they want in `options`, as people know it from Neon: `options=endpoint=SLUG`, also as
 * `-c endpoint=SLUG` or `--endpoint=SLUG`, among other options. PostgreSQL would refuse it, so it is taken out; `options` goes if nothing
 * is left. Options are words with spaces between, a backslash takes the meaning of the next character away (pg_split_opts in
 * src/backend/utils/init/postinit.c).
 * @param parameters of a startup packet, as latin1
 */
export function takeEndpoint(parameters: ReadonlyMap<string, string>): EndpointOption {
  const options = parameters.get('options') ?? '';
  const words = splitOptions(options);
  const endpoints = new Set<string>();
  let kept = '';
  let keptUpTo = 0;
  for (let at = 0; at < words.length; at += 1) {
    const first = at;
    const isFlag = words[at]?.text === '-c';
    if (isFlag) at += 1; // whatever follows is its value
    const endpoint = (isFlag ? BARE : WITH_FLAG).exec(words[at]?.text ?? '')?.[1];
    if (endpoint === undefined) continue;
    endpoints.add(endpoint.toLowerCase());
    kept += options.slice(keptUpTo, words[first - 1]?.end ?? 0);
    keptUpTo = words[at]?.end ?? options.length;
  }
  const [endpoint] = endpoints;
  if (endpoint === undefined) return { endpoint: null, parameters };
  kept = (kept + options.slice(keptUpTo)).replace(/^[ \t-\r]+/, '');
  const left = new Map(parameters);
  if (kept === '') left.delete('options');
  else left.set('options', kept);
  if (endpoints.size > 1) return { endpoint, parameters: left, problem: 'The option endpoint names two different databases.' };
  return { endpoint, parameters: left, ...(endpoint === '' ? { problem: 'The option endpoint names no database.' } : {}) };
}

function splitOptions(options: string): Word[] {
  return Array.from(options.matchAll(WORD), ({ 0: raw, index }) => ({ end: index + raw.length, text: raw.replaceAll(/\\([^]?)/g, '$1') }));
}
