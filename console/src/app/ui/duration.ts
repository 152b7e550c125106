const UNITS = { s: ['second', 1], m: ['minute', 60], h: ['hour', 3600], d: ['day', 86_400], w: ['week', 604_800] } as const;

function parsed(text: string): readonly [count: number, unit: keyof typeof UNITS] | null {
  const match = /^(\d+)([smhdw])$/.exec(text);
  return match === null ? null : [Number(match[1]), match[2] as keyof typeof UNITS];
}

/** `24h` -> "24 hours", `never` -> "never". */
export function durationText(text: string): string {
  if (text === 'never') return $localize`never`;
  const duration = parsed(text);
  if (duration === null) return text;
  const [count, unit] = duration;
  return new Intl.NumberFormat(undefined, { style: 'unit', unit: UNITS[unit][0], unitDisplay: 'long' }).format(count);
}

/** Seconds; `never` -> Infinity. */
export function durationSeconds(text: string): number {
  const duration = parsed(text);
  return duration === null ? Infinity : duration[0] * UNITS[duration[1]][1];
}
