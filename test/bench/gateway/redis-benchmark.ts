import { execute } from '../execute.ts';
import type { Target } from './ways.ts';

export interface RedisBenchmarkOptions {
  readonly clients: number;
  readonly pipeline: number;
  readonly requests: number;
}

/** GETs per second. @throws Error with what redis-benchmark said */
export async function redisBenchmark(target: Target, { clients, pipeline, requests }: RedisBenchmarkOptions): Promise<number> {
  const { socket, host, port, servername, username, password } = target;
  const where = socket === null ? ['-h', host, '-p', String(port)] : ['-s', socket];
  const tls = servername === null ? [] : ['--tls', '--insecure', '--sni', servername];
  const output = await execute('redis-benchmark', [...where, ...tls, '--user', username, '-a', password, '-t', 'get', '-c', String(clients), '-P', String(pipeline), '-n', String(requests), '--csv']);
  const rate = Number(/^"GET","([\d.]+)"/m.exec(output)?.[1]);
  if (!(rate > 0)) throw new Error(`redis-benchmark did not measure anything:\n${output}`);
  return rate;
}
