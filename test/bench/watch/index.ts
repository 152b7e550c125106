/** How soon we tell what happens to databases, and what it costs to know. */
import type { Figure } from '../figure.ts';
import type { Orders } from '../gateway/index.ts';
import { stopping } from '../stop.ts';
import { hourOfMany } from './hour.ts';
import { killToEvent } from './kill.ts';
import { monitorCost } from './monitor.ts';
import { manyStreams } from './streams.ts';

const ROWS: readonly { readonly name: string; readonly measure: () => Promise<Figure[]> }[] = [
  { name: 'watch-kill', measure: killToEvent },
  { name: 'watch-streams', measure: manyStreams },
  { name: 'watch-monitor', measure: monitorCost },
  { name: 'watch-hour', measure: hourOfMany },
];

export async function watch({ wanted, add, failed }: Orders): Promise<void> {
  for (const { name, measure } of ROWS.filter((row) => wanted(row.name))) {
    stopping.throwIfAborted();
    try {
      add(...(await measure()));
    } catch (error) {
      stopping.throwIfAborted(); // what it says then is only that it was ended
      failed(name, error);
    }
  }
}
