import { DbmakerError } from '../domain/errors.ts';

/** @throws data_misplaced when `actual` is neither `dataPath` nor below it: such data would be gone with the container */
export function requireWithin(actual: string, dataPath: string): void {
  const kept = dataPath.replace(/\/+$/, '');
  if (actual === kept || actual.startsWith(`${kept}/`)) return;
  throw new DbmakerError('data_misplaced', `The engine keeps its data in ${actual}, which is outside of ${dataPath} and would be lost with the container.`, {
    remedy: 'Set the template\'s dataPath to the directory that this image uses.',
  });
}
