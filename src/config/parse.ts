/** Parsers of single settings: the value, or undefined when the text is none. */

export function wholeNumber(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/** In bytes. */
export function megabytes(text: string): number | undefined {
  const number = wholeNumber(text);
  return number === undefined ? undefined : number * 1024 * 1024;
}

export function portNumber(text: string): number | undefined {
  const port = wholeNumber(text);
  return port !== undefined && port <= 65535 ? port : undefined;
}

export function portRange(text: string): { from: number; to: number } | undefined {
  const match = /^(\d{1,5})-(\d{1,5})$/.exec(text);
  if (!match) return undefined;
  const [from, to] = [Number(match[1]), Number(match[2])];
  return from >= 1024 && from <= to && to <= 65535 ? { from, to } : undefined;
}

export function oneOf<const T extends string>(...values: T[]): (text: string) => T | undefined {
  return (text) => values.find((value) => value === text);
}

export function unixSocket(text: string): string | undefined {
  return /^unix:\/\/(\/[^\0]+)$/.exec(text)?.[1];
}

export function hostAddress(text: string): string | undefined {
  return /^[0-9a-zA-Z.:_-]{1,253}$/.test(text) ? text : undefined;
}

export function domainName(text: string): string | undefined {
  const name = text.toLowerCase().replace(/\.$/, '');
  return name.length <= 180 && name.split('.').every((label) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(label)) ? name : undefined;
}

export function databaseUrl(text: string): string | undefined {
  return /^postgres(ql)?:\/\//.test(text) && URL.canParse(text) ? text : undefined;
}

export function encryptionKey(text: string): string | undefined {
  return Buffer.from(text, 'base64').length === 32 ? text : undefined;
}

export function portOrOff(text: string): number | null | undefined {
  if (text === 'off') return null;
  const port = portNumber(text);
  return port === 0 ? undefined : port;
}

/** At least 1. */
export function count(text: string): number | undefined {
  const number = wholeNumber(text);
  return number === 0 ? undefined : number;
}

export function listOf<T>(parse: (text: string) => T | undefined): (text: string) => T[] | undefined {
  return (text) => {
    const values = text.split(',').map((part) => parse(part.trim()));
    return values.every((value) => value !== undefined) ? values : undefined;
  };
}
