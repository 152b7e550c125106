import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { quietLog } from '../../../test/support/quiet-log.ts';
import { addInstance, addUser } from '../../../test/support/store.ts';
import { temporaryDirectory } from '../../../test/support/tmp.ts';
import { DbmakerError } from '../../domain/errors.ts';
import { passwordContext } from '../../domain/ports/secret-box.ts';
import { createEngines } from '../../engines/index.ts';
import { openSecretBox, openStore } from '../../store/index.ts';
import { Monitor } from './monitor.ts';

const CHECK_MS = 30_000;

test('one that stays silent is restarted after the third check, by its spec and told once, told once more after three others, and then left alone until it answers', async () => {
  await using home = await temporaryDirectory('monitor');
  const clock = new ManualClock();
  const store = await openStore({ home: home.path, databaseUrl: null, clock });
  const secretBox = await openSecretBox({ home: home.path, key: Buffer.alloc(32, 1).toString('base64') });
  const user = await addUser(store);
  const id = 'a00000000abc';
  const instance = await addInstance(store, user, { id, secrets: { password: secretBox.seal('secret', passwordContext(id)), nextPassword: null } });
  const running = async (): Promise<void> => {
    const lease = (await store.instances.acquireLease(instance.id, 'w', 1000))!;
    const { spec } = (await store.instances.get(instance.id))!;
    await store.instances.report(lease, { phase: 'running', observedGeneration: spec.generation, restarts: spec.restarts, startedAt: clock.now(), endpoint: { kind: 'tcp', host: '127.0.0.1', port: 1 } });
    await store.instances.releaseLease(lease);
  };
  await running();
  let silent = true;
  let asked = 0;
  let restarts = 0;
  const answers: string[] = [];
  const redis = { ...createEngines().redis, probe: async () => {
    asked += 1;
    if (silent) throw new DbmakerError('endpoint_unreachable', 'Nobody answers.');
    return { state: 'ready' as const };
  } };
  const monitor = new Monitor({
    store, secretBox, clock, log: quietLog, engines: { ...createEngines(), redis }, runtime: { stats: async () => ({ cpuMs: 1, memoryBytes: 1, diskBytes: 1, processes: 1 }) },
    connect: () => Promise.reject(new Error('not used')), changed: () => undefined, reported: () => undefined,
    observer: { checking: () => (answered) => answers.push(answered), restarted: () => { restarts += 1; } },
  });
  const told = async (): Promise<string[]> => (await store.events.list({ instanceId: instance.id }, { limit: 99 })).filter(({ type }) => /healthy$/.test(type))
    .map(({ type, data }) => (data['restarted'] === undefined ? type : `${type} ${JSON.stringify(data['restarted'])}`));
  /** Until it was asked once more. */
  const check = async (): Promise<void> => {
    const before = asked;
    for (let ms = 0; asked === before && ms < 2 * CHECK_MS; ms += 500) {
      clock.advance(500);
      for (let turns = 0; turns < 20; turns += 1) await new Promise((resolve) => void setImmediate(resolve));
    }
    assert.equal(asked, before + 1);
  };
  const changes = async (): Promise<unknown[]> => (await store.events.list({ instanceId: instance.id, type: 'instance.health' }, { limit: 99 })).map(({ data }) => data['state']);
  const spec = async (): Promise<number> => (await store.instances.get(instance.id))!.spec.restarts;
  monitor.start();
  try {
    await check();
    await check();
    assert.deepEqual([await told(), await spec(), await changes()], [[], 0, ['failing']], 'twice is a hiccup, and told once to open pages');
    await check();
    assert.deepEqual([await told(), await spec()], [['instance.unhealthy true'], 1]);
    await running(); // the reconciler has carried it out
    await check();
    await check();
    assert.deepEqual(await told(), ['instance.unhealthy true']);
    await check();
    assert.deepEqual([await told(), await spec()], [['instance.unhealthy true', 'instance.unhealthy false'], 1]);
    for (let count = 0; count < 5; count += 1) await check();
    assert.deepEqual([(await told()).length, await spec()], [2, 1], 'not again and again');
    silent = false;
    await check();
    assert.deepEqual(await told(), ['instance.unhealthy true', 'instance.unhealthy false', 'instance.healthy']);
    assert.deepEqual([restarts, answers.filter((one) => one === 'no').length, answers.at(-1)], [1, 11, 'ready']);
    for (let count = 0; count < 3; count += 1) await check();
    assert.deepEqual(await changes(), ['failing', 'failing'], 'the second after the restart; what has an event of its own is not told twice');
    silent = true;
    await check();
    silent = false;
    await check();
    await check();
    const [gone, back] = (await store.events.list({ instanceId: instance.id, type: 'instance.health' }, { limit: 99 })).slice(-2);
    assert.deepEqual([gone?.message, back?.message], [`${instance.name} gave no answer; it is asked again in half a minute. Nobody answers.`, `${instance.name} answers.`]);
  } finally {
    await monitor.stop();
    await store.close();
  }
});
