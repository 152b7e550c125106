const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** Longest duration anybody can ask for: ten years. */
export const MAX_DURATION_MS = 3650 * 86_400_000;

/** For error texts: what {@link parseDuration} understands. */
export const DURATION_FORMAT = 'a duration such as 30m, 24h, 7d, or never';

/** `30m` -> 1,800,000; units s, m, h, d, w; `never` -> null; undefined: not a duration, zero, or longer than ten years. */
export function parseDuration(text: string): number | null | undefined {
  if (text === 'never') return null;
  const match = /^(\d{1,10})(s|m|h|d|w)$/.exec(text);
  const ms = Number(match?.[1]) * (UNITS[match?.[2] ?? ''] ?? Number.NaN);
  return ms > 0 && ms <= MAX_DURATION_MS ? ms : undefined;
}

/** The shortest text that {@link parseDuration} reads back as `ms` (whole seconds; weeks are said in days); null -> `never`. */
export function formatDuration(ms: number | null): string {
  if (ms === null) return 'never';
  for (const unit of ['d', 'h', 'm']) {
    const size = UNITS[unit] ?? 1;
    if (ms % size === 0) return `${String(ms / size)}${unit}`;
  }
  return `${String(Math.round(ms / 1000))}s`;
}
