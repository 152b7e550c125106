import type { Figure } from './figure.ts';
import { stopping } from './stop.ts';

export interface Orders {
  readonly wanted: (name: string) => boolean;
  readonly add: (...figures: Figure[]) => void;
  /** A row that could not be measured; the others still are. */
  readonly failed: (name: string, error: unknown) => void;
}

/** Something to measure. `name`: what it is asked for with, `npm run bench -- NAME`. */
export interface Row<Stage extends unknown[] = []> {
  readonly name: string;
  readonly measure: (...stage: Stage) => Promise<Figure[]>;
}

/** Measures one row after the other; what ends the whole run is thrown. */
export async function measureRows<Stage extends unknown[]>({ add, failed }: Orders, rows: readonly Row<Stage>[], ...stage: Stage): Promise<void> {
  for (const { name, measure } of rows) {
    stopping.throwIfAborted();
    try {
      add(...(await measure(...stage)));
    } catch (error) {
      stopping.throwIfAborted(); // what it says then is only that it was ended
      failed(name, error);
    }
  }
}
