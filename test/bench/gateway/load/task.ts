/** What the benchmark asks of this client process. */
export const task = <T>(): T => JSON.parse(process.env['BENCH_TASK'] ?? '{}') as T;
export const answer = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);

/** One RESP command. */
export const command = (...words: readonly string[]): string => `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
