import type { DayOfActivity } from '../api/types';
import type { ActivityMessage } from './live-message';

/** What goes on takes the place of what was known of its step; what is older than a day goes. Steps of which nobody heard are empty. */
export function withActivity(day: DayOfActivity, { at, items }: ActivityMessage): DayOfActivity {
  const stepMs = day.stepSeconds * 1000;
  const steps = Object.values(day.items)[0]?.length ?? STEPS;
  const step = Math.round((Date.parse(at) - Date.parse(day.from)) / stepMs);
  if (step < 0) return day;
  const shift = Math.max(0, step - (steps - 1));
  const empty = new Array<number>(steps).fill(0);
  const moved = Object.entries(day.items).map(([id, row]) => [id, shift === 0 ? row : [...row.slice(shift), ...empty].slice(0, steps)] as const);
  const rows = new Map(moved);
  for (const [id, bytes] of Object.entries(items)) rows.set(id, (rows.get(id) ?? empty).with(step - shift, bytes));
  return { stepSeconds: day.stepSeconds, from: new Date(Date.parse(day.from) + shift * stepMs).toISOString(), items: Object.fromEntries(rows) };
}

/** Of a day of which nothing is known yet: half hours. */
const STEPS = 48;
