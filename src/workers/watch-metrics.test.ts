import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import { WatchMetrics } from './watch-metrics.ts';

async function shown(registry: Registry): Promise<string[]> {
  return (await registry.metrics()).split('\n').filter((line) => !line.startsWith('#'));
}

test('each try and each check is counted by how it ended, and timed; before the first one there is a 0 to compare with', async () => {
  const registry = new Registry();
  let now = 0;
  const metrics = new WatchMetrics(registry, () => now);
  assert.ok((await shown(registry)).includes('dbmaker_webhook_deliveries_total{result="gave_up"} 0'));
  const tried = metrics.sending();
  const answered = metrics.checking();
  now = 40;
  tried('failed', 'failing');
  answered('no');
  metrics.restarted();
  const lines = await shown(registry);
  for (const line of [
    'dbmaker_webhook_deliveries_total{result="failed"} 1', 'dbmaker_webhook_delivery_seconds_sum 0.04', 'dbmaker_webhooks_disabled_total{reason="failing"} 1',
    'dbmaker_monitor_checks_total{answered="no"} 1', 'dbmaker_monitor_checks_total{answered="ready"} 0', 'dbmaker_monitor_check_seconds_count 1', 'dbmaker_monitor_restarts_total 1',
  ]) assert.ok(lines.includes(line), line);
});

test('what waits is read when it is asked for, and not shown as it once was when the store is away', async () => {
  const registry = new Registry();
  const metrics = new WatchMetrics(registry, () => 0);
  let away = false;
  metrics.watchBacklog(async () => {
    if (away) throw new Error('away');
    return { new: { waiting: 3, oldestAt: 1000 }, retrying: { waiting: 0, oldestAt: null } };
  }, () => 61_000);
  const lines = await shown(registry);
  for (const line of ['dbmaker_webhook_queue{state="new"} 3', 'dbmaker_webhook_oldest_seconds{state="new"} 60', 'dbmaker_webhook_oldest_seconds{state="retrying"} 0']) assert.ok(lines.includes(line), line);
  away = true;
  assert.deepEqual((await shown(registry)).filter((line) => /webhook_(queue|oldest)/.test(line)), []);
});
