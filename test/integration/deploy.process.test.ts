import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { parse } from 'yaml';
import { startPart } from '../support/parts.ts';
import { metricsIn, queryableNames, readExposition, type Exposition } from '../support/prometheus.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { waitFor } from '../support/wait.ts';

/** What people watch DbMaker with, against what a real server and a gateway beside it really say. */
const DEPLOY = path.resolve(import.meta.dirname, '../../deploy');

interface Rule { alert: string; expr: string; for?: string; labels: { severity: string }; annotations: { summary: string; description?: string } }
interface Panel { id: number; type: string; title: string; gridPos: { x: number; y: number; w: number; h: number }; targets?: { expr: string; refId: string }[] }
interface Dashboard { panels: Panel[]; templating: { list: { name: string; query: string | { query: string } }[] } }

let server: TestServer;
let whole: Exposition;
let gateway: Exposition;
let rules: Rule[];
let dashboard: Dashboard;

before(async () => {
  server = await startServer({ runtime: 'process' });
  await using part = await startPart(server, 'gateway', { DBMAKER_POSTGRESQL_PORT: 'off', DBMAKER_REDIS_PORT: 'off', DBMAKER_TLS_PORT: 'off' });
  gateway = readExposition(await part.metrics());
  whole = readExposition((await server.api<string>('GET', '/metrics')).body);
  const { groups } = parse(await readFile(path.join(DEPLOY, 'prometheus/rules.yml'), 'utf8')) as { groups: { rules: Rule[] }[] };
  rules = groups.flatMap((group) => group.rules);
  dashboard = JSON.parse(await readFile(path.join(DEPLOY, 'grafana/dbmaker.json'), 'utf8')) as Dashboard;
});
after(() => server.dispose());

/** Of Prometheus itself. */
const OF_PROMETHEUS = new Set(['up']);
const expressions = (): string[] => [...rules.map(({ expr }) => expr), ...dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))];

test('every metric that a rule or the dashboard asks for is there', () => {
  const there = new Set([...queryableNames(whole), ...OF_PROMETHEUS]);
  assert.ok(expressions().length > 50);
  for (const expression of expressions()) {
    const names = metricsIn(expression);
    assert.ok(names.length > 0, expression);
    assert.deepEqual(names.filter((name) => !there.has(name)), [], expression);
  }
  const ofGateway = [...new Set(expressions().flatMap(metricsIn))].filter((name) => /^(dbmaker_gateway|dbmaker_store|process|nodejs)_/.test(name));
  assert.ok(ofGateway.length > 10);
  assert.deepEqual(ofGateway.filter((name) => !queryableNames(gateway).has(name)), []);
});

test('every label that they select by is one of the metric', () => {
  const labels = new Map<string, Set<string>>();
  for (const { series } of [whole, gateway]) {
    for (const name of series.keys()) {
      const [metric = '', rest = ''] = name.split('{');
      const known = labels.get(metric) ?? new Set(['job', 'instance', 'le']);
      for (const [, label = ''] of rest.matchAll(/(\w+)="/g)) known.add(label);
      labels.set(metric, known);
    }
  }
  for (const expression of expressions()) {
    for (const [, metric = '', selectors = ''] of expression.matchAll(/([\w:]+)\{([^}]*)\}/g)) {
      const known = labels.get(metric);
      if (known === undefined) continue; // nothing to show so far, e.g. no failure
      for (const [, label = ''] of selectors.matchAll(/(\w+)\s*[=!]/g)) assert.ok(known.has(label), `${label} in ${expression}`);
    }
  }
});

test('the rules cover what has to wake somebody, and each says how bad it is and what it means', () => {
  assert.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length);
  for (const { alert, labels, annotations } of rules) {
    assert.match(alert, /^Dbmaker[A-Z]\w+$/);
    assert.match(labels.severity, /^(critical|warning)$/);
    assert.ok(annotations.summary.length > 10, alert);
  }
  const topics = ['Down', 'WorkersSilent', 'ResyncOld', 'InstancesFailed', 'PortsNearlyExhausted', 'DiskNearlyFull', 'GatewayFailures', 'BackupsFailing', 'WebhooksStuck', 'DatabasesDoNotAnswer', 'MonitorSilent'];
  assert.deepEqual(topics.filter((topic) => !rules.some(({ alert }) => alert === `Dbmaker${topic}`)), []);
});

test('a healthy server raises none of the alerts that compare with a fixed number', async () => {
  // The workers tell of their first resync with their second sign of life.
  const { series } = await waitFor(async () => {
    const now = readExposition((await server.api<string>('GET', '/metrics')).body);
    return now.series.has('dbmaker_last_resync_timestamp_seconds') && now;
  }, { what: 'the first resync to be told', timeoutMs: 30_000, intervalMs: 200 });
  const now = Date.now() / 1000;
  for (const [name, value] of series) if (name.startsWith('dbmaker_component_up{')) assert.equal(value, 1, name);
  assert.ok(now - series.get('dbmaker_worker_heartbeat_timestamp_seconds{worker="reconciler"}')! < 30);
  assert.ok(now - series.get('dbmaker_last_resync_timestamp_seconds')! < 60);
  assert.ok(series.get('dbmaker_disk_free_bytes{place="home"}')! > 0);
  assert.ok(series.get('dbmaker_memory_available_bytes')! > 0);
  assert.equal(series.get('dbmaker_instances{status="failed"}'), 0);
  assert.equal(series.get('dbmaker_backup_failures_total'), 0);
  for (const [name, value] of series) if (name.startsWith('dbmaker_store_failures_total')) assert.equal(value, 0, name);
});

test('names follow the conventions of Prometheus, each with a help text', () => {
  for (const { types, helps } of [whole, gateway]) {
    for (const [name, type] of types) {
      assert.ok((helps.get(name) ?? '').length > 5, name);
      if (!name.startsWith('dbmaker_')) {
        assert.match(name, /^(process|nodejs)_/);
        continue;
      }
      assert.match(name, /^[a-z_]+$/);
      assert.equal(name.endsWith('_total'), type === 'counter', name);
      assert.ok(!/_(ms|milliseconds|mb|kb|count|sum|bucket)$/.test(name), name);
      if (type === 'histogram') assert.match(name, /_seconds$/, name);
    }
  }
});

test('the dashboard has no panel twice and none over another', () => {
  const { panels } = dashboard;
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) => Array.from({ length: w * h }, (_, n) => `${x + (n % w)} ${y + Math.floor(n / w)}`));
  assert.equal(new Set(cells).size, cells.length);
  for (const { gridPos: { x, w }, type, targets, title } of panels) assert.ok(x + w <= 24 && (type === 'row' || targets!.length > 0), title);
});
