/** Figures of one instance over a minute or a quarter of an hour. null: not known (a generic one, or it did not answer). Rates are per second. */
export interface Sample {
  /** CPUs in use on average: 0.5 is half a CPU. */
  readonly cpus: number | null;
  readonly memoryBytes: number | null;
  readonly diskBytes: number | null;
  /** Open through the gateway. */
  readonly connections: number | null;
  /** Through the gateway, in: from clients. */
  readonly bytesInRate: number | null;
  readonly bytesOutRate: number | null;
  /** As the engine counts its user's data. */
  readonly databaseBytes: number | null;
  /** Redis: keys in all databases. */
  readonly keys: number | null;
  /** PostgreSQL: transactions; Redis: commands. */
  readonly operationRate: number | null;
  /** 0..1: reads that found what they wanted in memory (PostgreSQL), or at all (Redis). */
  readonly hitRatio: number | null;
}

export interface Point extends Sample {
  /** Begin of the minute or quarter, milliseconds since 1970. */
  readonly at: number;
}

const FIELDS = ['cpus', 'memoryBytes', 'diskBytes', 'connections', 'bytesInRate', 'bytesOutRate', 'databaseBytes', 'keys', 'operationRate', 'hitRatio'] as const satisfies readonly (keyof Sample)[];
/** Kept in the store with so many decimals. */
const DECIMALS: Readonly<Partial<Record<keyof Sample, number>>> = { cpus: 4, hitRatio: 4, operationRate: 2, bytesInRate: 1, bytesOutRate: 1, connections: 2 };

export type Resolution = 'minute' | 'quarter';

interface Scale {
  readonly pointMs: number;
  /** Points of so long stand in one row of the store. */
  readonly rowMs: number;
  readonly keptMs: number;
}

/** One minute for a day, a quarter of an hour for a month: 57 rows for each instance at most, whatever it does. */
export const SCALES: Readonly<Record<Resolution, Scale>> = {
  minute: { pointMs: 60_000, rowMs: 3_600_000, keptMs: 24 * 3_600_000 },
  quarter: { pointMs: 15 * 60_000, rowMs: 86_400_000, keptMs: 31 * 86_400_000 },
};

export const floorTo = (at: number, ms: number): number => Math.floor(at / ms) * ms;

/** Adds points to the text of a row (null: a new one); one that is there is replaced. */
export function packPoints(text: string | null, resolution: Resolution, points: readonly Point[]): string {
  const { pointMs, rowMs } = SCALES[resolution];
  const packed = new Map((text === null ? [] : (JSON.parse(text) as PackedPoint[])).map((point) => [point[0], point]));
  for (const point of points) {
    const index = Math.floor((point.at % rowMs) / pointMs);
    packed.set(index, [index, ...FIELDS.map((field) => rounded(field, point[field]))]);
  }
  return JSON.stringify([...packed.values()].sort((a, b) => a[0] - b[0]));
}

type PackedPoint = [index: number, ...values: (number | null)[]];

/** `start`: of the row. */
export function unpackPoints(text: string, resolution: Resolution, start: number): Point[] {
  return (JSON.parse(text) as PackedPoint[]).map(([index, ...values]) => ({
    at: start + index * SCALES[resolution].pointMs,
    ...(Object.fromEntries(FIELDS.map((field, at) => [field, values[at] ?? null])) as unknown as Sample),
  }));
}

/** The mean of each figure, over the points that know it; `at`: of the result. */
export function meanOf(points: readonly Point[], at: number): Point {
  const mean = (field: keyof Sample): number | null => {
    const known = points.flatMap((point) => point[field] ?? []);
    return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
  };
  return { at, ...(Object.fromEntries(FIELDS.map((field) => [field, mean(field)])) as unknown as Sample) };
}

function rounded(field: keyof Sample, value: number | null): number | null {
  if (value === null || !Number.isFinite(value)) return null;
  const scale = 10 ** (DECIMALS[field] ?? 0);
  return Math.round(value * scale) / scale;
}
