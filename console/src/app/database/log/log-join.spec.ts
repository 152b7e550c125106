import { joined } from './log-join';
import type { LogLine } from './log-reader';

const line = (text: string, at: string | null = null): LogLine => ({ at, stream: 'stdout', text });
const lines = (text: string): LogLine[] => text.split('').map((one) => line(one));
const fresh = (known: string, ...come: readonly string[]): string => {
  const next = joined(lines(known));
  return come.flatMap((some) => next(lines(some))).map(({ text }) => text).join('');
};

describe('a log that is read again', () => {
  it('goes on after the lines that are known, however they come', () => {
    expect(fresh('abc', 'abcde')).toBe('de');
    expect(fresh('abc', 'a', 'b', 'c', 'd', 'e')).toBe('de');
    expect(fresh('abc', 'cde')).toBe('de');
    expect(fresh('abc', 'abc')).toBe('');
  });

  it('is new where nothing is known of it', () => {
    expect(fresh('', 'abc')).toBe('abc');
    expect(fresh('abc', 'xyz')).toBe('xyz');
  });

  it('repeats itself without a line being lost or shown twice', () => {
    expect(fresh('xxx', 'xxxx', 'x')).toBe('xx');
    expect(fresh('abab', 'ababab')).toBe('ab');
    expect(fresh('aab', 'abc')).toBe('c');
    expect(fresh('abcab', 'abd')).toBe('d');
    expect(fresh('abca', 'abx')).toBe('bx');
  });

  it('knows lines of the same words by their time', () => {
    const next = joined([line('ready', 'one')]);
    expect(next([line('ready', 'two')])).toEqual([line('ready', 'two')]);
  });
});
