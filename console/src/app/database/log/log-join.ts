import type { LogLine } from './log-reader';

const isSame = (one: LogLine | undefined, other: LogLine): boolean => one?.text === other.text && one.at === other.at && one.stream === other.stream;

/**
 * A log that is read again begins with lines that are known: the last ones of `known`, from somewhere on. They are left out.
 * @returns of what comes, in its order, what is new; a line that may be a known one is kept back until another tells
 */
export function joined(known: readonly LogLine[]): (come: readonly LogLine[]) => readonly LogLine[] {
  /** Where the first line that came may be among the known ones; the last: it is none of them. */
  let starts = [...known.keys(), known.length];
  const come: LogLine[] = [];
  let isJoined = false;
  const freshOf = (line: LogLine): readonly LogLine[] => {
    if (isJoined) return [line];
    const index = come.push(line) - 1;
    starts = starts.filter((start) => start + index >= known.length || isSame(known[start + index], line));
    const overlap = known.length - (starts[0] ?? known.length);
    isJoined = come.length >= overlap;
    return isJoined ? come.splice(0).slice(overlap) : [];
  };
  return (lines) => lines.flatMap(freshOf);
}
