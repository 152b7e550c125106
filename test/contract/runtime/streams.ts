import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { Readable, Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { PassThrough } from 'node:stream';
import { DbmakerError } from '../../../src/domain/errors.ts';
import { waitFor } from '../../support/wait.ts';
import { readRows, writeRow } from './rows.ts';
import { GRACE, type RuntimeWorld, ready, up, worldTest } from './world.ts';

type Setup = () => Promise<RuntimeWorld>;

const MIB = 1024 * 1024;
const noisy = 'i=0; while [ $i -lt 3000 ]; do echo "line $i of many words on stderr" >&2; i=$((i+1)); done; exit 7';

/** Large data in and out of an instance. */
export function streamTests(setup: Setup): void {
  worldTest('stream: any amount in and out unchanged, at the pace of the slower side, with exit code and the end of stderr', setup, async (world) => {
    const { runtime } = world;
    const workload = world.workload('redis');
    const { id } = workload;
    await assert.rejects(runtime.stream(id, ['true'], {}), { code: 'not_running' });
    await up(world, workload);

    const [sent, received] = [createHash('sha256'), createHash('sha256')];
    let waiting = 0;
    let most = 0;
    const source = Readable.from((function* () {
      for (let piece = 0; piece < 48; piece += 1) {
        const chunk = randomBytes(MIB);
        sent.update(chunk);
        most = Math.max(most, waiting += chunk.length);
        yield chunk;
      }
    })(), { objectMode: false });
    const slow = new Writable({
      write(chunk: Buffer, _encoding, callback) {
        received.update(chunk);
        waiting -= chunk.length;
        setImmediate(callback);
      },
    });
    assert.deepEqual(await runtime.stream(id, ['cat'], { input: source, output: slow }), { exitCode: 0, stderr: '' });
    assert.equal(received.digest('hex'), sent.digest('hex'));
    assert.ok(most < 24 * MIB, `${most} bytes were on the way at a time`);

    const { exitCode, stderr } = await runtime.stream(id, ['sh', '-c', noisy], {});
    assert.equal(exitCode, 7);
    assert.ok(stderr.endsWith('line 2999 of many words on stderr\n') && stderr.length <= 64 * 1024, stderr.slice(-100));
    const output = new PassThrough();
    const said = buffer(output);
    await runtime.stream(id, ['sh', '-c', 'printf %s "$WORD"; cat'], { environment: { WORD: 'grüße "$x"' }, output });
    assert.equal((await said).toString(), 'grüße "$x"');
  });

  worldTest('stream: a program that has enough, a reader or a source that breaks, and a call-off: nothing hangs or goes on', setup, async (world) => {
    const { runtime } = world;
    const workload = world.workload('redis');
    const { id } = workload;
    await up(world, workload);
    const endless = (): Readable => Readable.from((function* () { for (;;) yield Buffer.alloc(MIB, 120); })(), { objectMode: false });

    assert.equal((await runtime.stream(id, ['head', '-c', '10'], { input: endless() })).exitCode, 0);
    const full = new Writable({ write: (_chunk, _encoding, callback) => callback(new DbmakerError('disk_full', 'No room.')) });
    await assert.rejects(runtime.stream(id, ['cat', '/dev/zero'], { output: full }), { code: 'disk_full' });
    const breaking = Readable.from((function* () {
      yield Buffer.alloc(MIB);
      throw new DbmakerError('backup_damaged', 'Broken.');
    })(), { objectMode: false });
    await assert.rejects(runtime.stream(id, ['cat'], { input: breaking, output: new PassThrough().resume() }), { code: 'backup_damaged' });
    const called = new AbortController();
    const running = runtime.stream(id, ['sh', '-c', 'exec sleep 62'], { signal: called.signal });
    const listing = async (): Promise<string> => (await runtime.exec(id, ['sh', '-c', 'cat /proc/[0-9]*/cmdline 2>/dev/null | tr "\\0" " "'])).stdout;
    await waitFor(async () => (await listing()).includes('sleep 62'), { what: 'the program to run' });
    called.abort();
    await assert.rejects(running, { code: 'cancelled' });
    await waitFor(async () => !/sleep 62|cat \/dev\/zero/.test((await listing()).replaceAll('cat /proc', '')), { what: 'all of them to be gone' });
  });

  for (const engine of ['postgresql', 'redis'] as const) {
    worldTest(`${engine}: data go out as a tar and into a new instance, which goes on with them`, setup, async (world) => {
      const { runtime } = world;
      const workload = world.workload(engine);
      const target = await up(world, workload);
      await writeRow(engine, target, 'moved');
      await assert.rejects(runtime.exportData(workload.id, new PassThrough().resume()), { code: 'conflict' });
      await runtime.stop(workload.id, GRACE);
      const output = new PassThrough();
      const reading = buffer(output);
      await runtime.exportData(workload.id, output);
      const archive = await reading;
      assert.ok(archive.length > 1000);

      // A new one with the same login; twice, and after one that was cut off.
      const copy = world.workload(engine, { environment: workload.environment, slug: workload.slug, command: workload.command });
      await runtime.prepare(copy, () => undefined);
      const cut = archive.subarray(0, Math.floor(archive.length / 2) - 100);
      await assert.rejects(runtime.importData(copy, Readable.from([cut]), { mode: 'whole' }), { code: 'backup_damaged' });
      await assert.rejects(runtime.importData(copy, Readable.from([Buffer.alloc(100_000, 'no tar ')]), { mode: 'whole' }), { code: 'backup_damaged' });
      for (let times = 0; times < 2; times += 1) await world.reopen().importData(copy, Readable.from([archive]), { mode: 'whole' });
      await runtime.create(copy);
      await assert.rejects(runtime.importData(copy, Readable.from([archive]), { mode: 'whole' }), { code: 'conflict' });
      await runtime.start(copy);
      const login = await ready(world, copy);
      assert.deepEqual(await readRows(engine, login), ['moved']);
      await writeRow(engine, login, 'written');
      assert.deepEqual(await readRows(engine, login), ['moved', 'written']);
      await assert.rejects(runtime.exportData('neverseen1', new PassThrough().resume()), { code: 'data_missing' });
    });
  }
}
