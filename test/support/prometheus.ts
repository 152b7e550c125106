/** What a /metrics text says: names with their type, and the series. */
export interface Exposition {
  readonly types: ReadonlyMap<string, string>;
  readonly helps: ReadonlyMap<string, string>;
  /** `name{labels}` -> value. */
  readonly series: ReadonlyMap<string, number>;
}

/** Reads the text format of Prometheus. */
export function readExposition(text: string): Exposition {
  const lines = text.split('\n');
  const comments = (word: string): Map<string, string> => new Map(lines.flatMap((line) => {
    const match = new RegExp(`^# ${word} (\\S+) (.*)$`).exec(line);
    return match === null ? [] : [[match[1] ?? '', match[2] ?? '']];
  }));
  const series = new Map(lines.filter((line) => line !== '' && !line.startsWith('#')).map((line) => {
    const at = line.lastIndexOf(' ');
    return [line.slice(0, at), Number(line.slice(at + 1))];
  }));
  return { types: comments('TYPE'), helps: comments('HELP'), series };
}

/** All names that a query may use. */
export function queryableNames({ types }: Exposition): Set<string> {
  return new Set([...types].flatMap(([name, type]) => (type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name])));
}

const WORDS = new Set(['by', 'without', 'on', 'ignoring', 'group_left', 'group_right', 'and', 'or', 'unless', 'bool', 'offset', 'inf', 'nan']);

/** Names of the metrics in a PromQL expression. */
export function metricsIn(expression: string): string[] {
  const bare = expression
    .replace(/"(?:[^"\\]|\\.)*"/g, '')
    .replace(/\{[^}]*\}/g, '')
    .replace(/\[[^\]]*\]/g, '')
    .replace(/\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, '')
    .replace(/\$\w+/g, '');
  return [...new Set([...bare.matchAll(/\b[A-Za-z_:][\w:]*\b(?!\s*\()/g)].map((match) => match[0]).filter((name) => !WORDS.has(name.toLowerCase())))];
}
