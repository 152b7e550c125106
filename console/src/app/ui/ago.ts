const STEPS = [['second', 60], ['minute', 60], ['hour', 24], ['day', Infinity]] as const;

/** "3 minutes ago". @param now milliseconds since 1970 */
export function agoText(at: string, now: number): string {
  let count = Math.max(0, Math.round((now - Date.parse(at)) / 1000));
  for (const [unit, size] of STEPS) {
    if (count < size) return new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' }).format(-count, unit);
    count = Math.floor(count / size);
  }
  return at;
}
