import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metricsIn } from './prometheus.ts';

test('the metrics of an expression are found, and nothing else', () => {
  assert.deepEqual(metricsIn('sum by (le, job) (rate(a_bucket{x="b_total",y=~"c|d"}[5m])) / on (job) group_left c_total > bool 0.5'), ['a_bucket', 'c_total']);
  assert.deepEqual(metricsIn('histogram_quantile(0.99, sum(rate(a_seconds_bucket[$__rate_interval])) by (le))'), ['a_seconds_bucket']);
  assert.deepEqual(metricsIn('time() - a_timestamp_seconds > 60 and b_free / b_free_total < 1e9'), ['a_timestamp_seconds', 'b_free', 'b_free_total']);
});
