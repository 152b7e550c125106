/** How soon we tell what happens to databases, and what it costs to know. */
import { measureRows, type Orders, type Row } from '../orders.ts';
import { hourOfMany } from './hour.ts';
import { killToEvent } from './kill.ts';
import { monitorCost } from './monitor.ts';
import { manyStreams } from './streams.ts';

const ROWS: readonly Row[] = [
  { name: 'watch-kill', measure: killToEvent },
  { name: 'watch-streams', measure: manyStreams },
  { name: 'watch-monitor', measure: monitorCost },
  { name: 'watch-hour', measure: hourOfMany },
];

export async function watch(orders: Orders): Promise<void> {
  await measureRows(orders, ROWS.filter(({ name }) => orders.wanted(name)));
}
