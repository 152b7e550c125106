import type { DatabaseEvent } from '../../api/types';
import type { IconName } from '../../ui/icons';

/** How far work is, is shown while it goes on, and no part of the history. */
export const inHistory = ({ type }: Pick<DatabaseEvent, 'type'>): boolean => type !== 'instance.progress';

/** Each once: what was fetched may also have come live. */
export function newestFirst(events: readonly DatabaseEvent[]): DatabaseEvent[] {
  return [...new Map(events.map((event) => [event.id, event])).values()].sort((a, b) => b.id - a.id);
}

/** Username of whoever did it; null: nobody did, or a policy. */
export function personOf({ data }: Pick<DatabaseEvent, 'data'>): string | null {
  const { by } = data;
  return typeof by === 'string' && by !== 'policy' ? by : null;
}

const ICONS: readonly (readonly [RegExp, IconName])[] = [
  [/failed|unhealthy|crashed/, 'alert'],
  [/warned/, 'warning'],
  [/changed/, 'change'],
  [/running|healthy|restored|averted/, 'good'],
  [/sleep/, 'sleep'],
  [/stop/, 'stopped'],
  [/delete/, 'delete'],
  [/rotat/, 'key'],
  [/shared/, 'people'],
  [/backed-up/, 'archive'],
  [/created/, 'plus'],
  [/start|waking/, 'play'],
];

/** That of the state which `instance.health` tells of is the same as in the list. */
const OF_HEALTH: Readonly<Record<string, IconName>> = { healthy: 'good', starting: 'progress', failing: 'warning', unhealthy: 'alert' };

export type EventTone = 'good' | 'warn' | 'bad' | 'plain';

const TONES: Partial<Readonly<Record<IconName, EventTone>>> = { good: 'good', warning: 'warn', alert: 'bad' };

/** The words are the message's; colour only adds to the icon. */
export function looksOfEvent({ type, data }: Pick<DatabaseEvent, 'type' | 'data'>): { readonly icon: IconName; readonly tone: EventTone } {
  const icon = (type === 'instance.health' ? OF_HEALTH[String(data['state'])] : ICONS.find(([pattern]) => pattern.test(type))?.[1]) ?? 'progress';
  return { icon, tone: TONES[icon] ?? 'plain' };
}
