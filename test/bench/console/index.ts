import type { Figure } from '../figure.ts';
import { option } from '../options.ts';
import { measureRows, type Orders, type Row } from '../orders.ts';
import { quantile } from '../statistics.ts';
import { bytesLoaded, firstPaint, noteFirstRow, rowsTouched, scrollFrames, type ListRow } from './measure.ts';
import { manyDatabases, type ManyDatabases } from './stage.ts';

const DATABASES = 500;
/** Of everybody together. */
const ALL_DATABASES = 5000;
const KILOBYTE = 1000;

const ROWS: readonly Row[] = [
  { name: 'console-list', measure: ownList },
  { name: 'console-list-admin', measure: adminsList },
];

/** The console in a browser, with lists that are as long as they get. */
export async function consoleFigures(orders: Orders): Promise<void> {
  await measureRows(orders, ROWS.filter(({ name }) => orders.wanted(name)));
}

async function ownList(): Promise<Figure[]> {
  await using many = await manyDatabases(DATABASES, 'ann');
  const { page } = many.window;
  const speed = await figuresOf(many, { row: 'dbm-database-row', address: '/', what: `list of ${DATABASES} databases` });
  const touched = await rowsTouched(page, 'dbm-database-row', () => many.rename(page));
  return [
    ...speed,
    { what: 'rows that a change of one touches', ours: touched, peer: null, unit: 'rows', limit: 1, detail: {} },
    { what: 'scripts and styles of the list, gzip', ours: (await bytesLoaded(page)) / KILOBYTE, peer: null, unit: 'kB', limit: 250, detail: {} },
  ];
}

async function adminsList(): Promise<Figure[]> {
  await using many = await manyDatabases(ALL_DATABASES, 'admin');
  return await figuresOf(many, { row: 'dbm-owned-row', address: '/admin/databases', what: `admins' list of ${ALL_DATABASES} databases` });
}

async function figuresOf({ server, window: { page } }: ManyDatabases, { row, address, what }: { row: ListRow; address: string; what: string }): Promise<Figure[]> {
  await noteFirstRow(page, row);
  const paints = { cold: [] as number[], warm: [] as number[] };
  for (let round = 0; round < option('rounds', 5); round += 1) {
    for (const kind of ['cold', 'warm'] as const) paints[kind].push(await firstPaint(page, `${server.url}${address}`, kind === 'cold'));
  }
  const { times, dropped, cpuMs } = await scrollFrames(page, option('seconds', 10) * 1000);
  const first = (kind: 'cold' | 'warm', words: string): Figure =>
    ({ what: `${what}, ${words}: first row painted, p50`, ours: quantile(paints[kind], 0.5), peer: null, unit: 'ms', limit: 1500, detail: { times: paints[kind] } });
  return [
    first('cold', 'nothing cached'),
    first('warm', 'all cached'),
    { what: `${what}: frame time while scrolling, p50`, ours: quantile(times, 0.5), peer: null, unit: 'ms', limit: 16.9, detail: { p95: quantile(times, 0.95), p99: quantile(times, 0.99), frames: times.length, cpuMs } },
    { what: `${what}: frames dropped while scrolling`, ours: dropped * 100, peer: null, unit: '%', limit: 5, detail: {} },
  ];
}
