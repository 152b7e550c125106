import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import { outcome, servername, type RedisClient, type Target } from './client.ts';

/** ioredis, told not to try again: by itself it reconnects for ever and shows only the last error event. */
export const ioredis: RedisClient = {
  name: 'ioredis',
  ask: (target) => outcome(() => withClient(target, async (client) => {
    await client.set('answer', 'answer-42');
    return (await client.get('answer')) ?? '';
  })),
  bulk: (target, bytes) => outcome(() => withClient(target, async (client) => {
    await client.set('bulk', 'x'.repeat(bytes));
    const line = `up ${await client.strlen('bulk')} down ${(await client.get('bulk'))?.length ?? 0}`;
    await client.del('bulk');
    return line;
  })),
  talk: (target) => outcome(() => withClient(target, (one) => withClient(target, async (two) => {
    const heard = once(one, 'message', { signal: AbortSignal.timeout(5000) });
    await one.subscribe('news');
    await two.publish('news', 'hello');
    const [, word] = (await heard) as [string, string];
    await one.unsubscribe('news');
    const popped = one.blpop('queue', 5);
    await two.rpush('queue', 'item');
    return `heard ${word} popped ${(await popped)?.[1] ?? ''}`;
  }))),
};

async function withClient(target: Target, work: (client: Redis) => Promise<string>): Promise<string> {
  const { hostname, address, port, username, password, tls, ca } = target;
  const client = new Redis({
    host: address, port, username, password, lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0, connectTimeout: 40_000,
    ...(tls === 'off' ? {} : { tls: { ...servername(hostname), ca: readFileSync(ca, 'utf8') } }),
  });
  const errors: Error[] = [];
  client.on('error', (error: Error) => errors.push(error));
  try {
    await client.connect();
    return await work(client);
  } catch (error) {
    throw errors.length > 0 ? new AggregateError([...errors, error]) : error;
  } finally {
    client.disconnect();
  }
}
