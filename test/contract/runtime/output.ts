import assert from 'node:assert/strict';
import type { LogLine } from '../../../src/domain/ports/runtime.ts';
import { withSession } from '../../../src/engines/postgresql/session.ts';
import { waitFor } from '../../support/wait.ts';
import { GRACE, type RuntimeWorld, collect, up, worldTest } from './world.ts';

type Setup = () => Promise<RuntimeWorld>;

export function outputTests(setup: Setup): void {
  worldTest('logs: the tail, then what comes, with its time; of an ended one too', setup, async (world) => {
    const { runtime } = world;
    const workload = world.workload('postgresql');
    const before = Date.now();
    const target = await up(world, workload);
    const say = (text: string): Promise<unknown> => withSession(target, (session) => session.rows(`DO $$ BEGIN RAISE LOG '${text}'; END $$`));

    let all: LogLine[] = [];
    await waitFor(async () => { // it may be a moment on its way into the log
      all = await collect(runtime.logs(workload.id, { tail: 1000, follow: false }));
      return all.some(({ text }) => text.includes('ready to accept connections'));
    }, { what: 'the engine to say that it is there', explain: () => all.map(({ text }) => text).join('\n') });
    for (const { at } of all) assert.ok(at === null || Math.abs(at - before) < 60_000, `time ${at}`);
    const [last] = await collect(runtime.logs(workload.id, { tail: 1, follow: false }));
    assert.notEqual(last, undefined);
    assert.deepEqual(await collect(runtime.logs('neverseen1', { tail: 5, follow: false })), []);

    const ending = new AbortController();
    const followed: LogLine[] = [];
    const following = (async () => {
      for await (const line of runtime.logs(workload.id, { tail: 0, follow: true, signal: ending.signal })) followed.push(line);
    })();
    try {
      await say('sign 1');
      await waitFor(async () => {
        await say('sign 1'); // the first one may come before the follower is there
        return followed.some(({ text }) => text.includes('sign 1'));
      }, { what: 'the first sign in the log' });
      await say(`sign 2 ${'ä'.repeat(20_000)} end`);
      await waitFor(() => followed.some(({ text }) => text.includes(`sign 2 ${'ä'.repeat(20_000)} end`)), { what: 'a long line in one piece' });
      assert.equal(followed.some(({ text }) => text.includes('ready to accept connections')), false, 'tail 0 means only what is new');
    } finally {
      ending.abort();
      await following;
    }

    const rest: LogLine[] = [];
    const toTheEnd = (async () => {
      for await (const line of runtime.logs(workload.id, { tail: 0, follow: true })) rest.push(line);
    })();
    await waitFor(async () => {
      await say('sign 3');
      return rest.some(({ text }) => text.includes('sign 3')); // only then the follower is there
    }, { what: 'sign 3 in the log' });
    await runtime.stop(workload.id, GRACE);
    await toTheEnd;
    assert.ok(rest.some(({ text }) => text.includes('shut down')), 'a follower gets everything up to the end');
    const ended = await collect(runtime.logs(workload.id, { tail: 50, follow: false }));
    assert.ok(ended.some(({ text }) => text.includes('shut down')));
  });

  worldTest('exec: output, exit code, input; cut at 1 MiB; ended when it takes too long', setup, async (world) => {
    const { runtime } = world;
    const workload = world.workload('redis');
    const { id } = workload;
    await assert.rejects(runtime.exec(id, ['true']), { code: 'not_running' });
    await up(world, workload);
    assert.deepEqual(await runtime.exec(id, ['sh', '-c', 'echo out; echo err >&2; exit 3']), { exitCode: 3, stdout: 'out\n', stderr: 'err\n' });
    assert.deepEqual(await runtime.exec(id, ['cat'], { input: 'grüße\n'.repeat(50_000) }), { exitCode: 0, stdout: 'grüße\n'.repeat(50_000), stderr: '' });
    const large = await runtime.exec(id, ['sh', '-c', 'head -c 3000000 /dev/zero | tr "\\0" x; exit 4']);
    assert.equal(large.exitCode, 4);
    assert.equal(large.stdout.length, 1024 * 1024);
    const began = Date.now();
    await assert.rejects(runtime.exec(id, ['sleep', '61'], { timeoutMs: 300 }), { code: 'runtime_failed' });
    assert.ok(Date.now() - began < 30_000, 'not when the program would have ended by itself');
    await waitFor(async () => !(await runtime.exec(id, ['sh', '-c', 'cat /proc/[0-9]*/cmdline 2>/dev/null | tr "\\0" " "'])).stdout.includes('sleep 61'), { what: 'the late program to be gone' });
    await runtime.stop(id, GRACE);
    await assert.rejects(runtime.exec(id, ['true']), { code: 'not_running' });
  });

  worldTest('stats: of a running one, in the order of what it really uses', setup, async (world) => {
    const { runtime } = world;
    const workload = world.workload('postgresql');
    await assert.rejects(runtime.stats(workload.id), { code: 'not_running' });
    await up(world, workload);
    for (const times of [1, 2]) {
      const stats = await runtime.stats(workload.id);
      assert.ok(stats.cpuMs > 1 && stats.cpuMs < 60_000, `cpuMs ${stats.cpuMs}, call ${times}`);
      assert.ok(stats.memoryBytes > 1e6 && stats.memoryBytes <= workload.resources.memoryBytes, `memoryBytes ${stats.memoryBytes}`);
      assert.ok(stats.diskBytes > 15e6 && stats.diskBytes < 200e6, `diskBytes ${stats.diskBytes}`);
      assert.ok(stats.processes >= 5 && stats.processes < 30, `processes ${stats.processes}`);
    }
    await runtime.stop(workload.id, GRACE);
    await assert.rejects(runtime.stats(workload.id), { code: 'not_running' });
  });
}
