import { readFileSync } from 'node:fs';
import { createClient } from 'redis';
import { outcome, servername, type RedisClient, type Target } from './client.ts';

/** node-redis, in RESP3, told not to try again. */
export const nodeRedis: RedisClient = {
  name: 'node-redis',
  ask: (target) => outcome(() => withClient(target, async (client) => {
    await client.set('answer', 'answer-42');
    return (await client.get('answer')) ?? '';
  })),
  bulk: (target, bytes) => outcome(() => withClient(target, async (client) => {
    await client.set('bulk', 'x'.repeat(bytes));
    const line = `up ${await client.strLen('bulk')} down ${(await client.get('bulk'))?.length ?? 0}`;
    await client.del('bulk');
    return line;
  })),
  talk: (target) => outcome(() => withClient(target, (one) => withClient(target, async (two) => {
    const heard = new Promise<string>((resolve) => void one.subscribe('news', resolve));
    for (let tries = 0; tries < 100 && (await two.publish('news', 'hello')) === 0; tries += 1) await new Promise((resolve) => setTimeout(resolve, 20));
    const word = await heard;
    await one.unsubscribe('news');
    const popped = one.blPop('queue', 5);
    await two.rPush('queue', 'item');
    return `heard ${word} popped ${(await popped)?.element ?? ''}`;
  }))),
};

const make = ({ hostname, address, port, username, password, tls, ca }: Target) => createClient({
  username, password, RESP: 3,
  socket: { host: address, port, reconnectStrategy: false, connectTimeout: 40_000, ...(tls === 'off' ? {} : { tls: true, ...servername(hostname), ca: readFileSync(ca, 'utf8') }) },
});

async function withClient(target: Target, work: (client: ReturnType<typeof make>) => Promise<string>): Promise<string> {
  const client = make(target);
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    client.destroy();
  }
}
