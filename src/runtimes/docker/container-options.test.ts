import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Workload } from '../../domain/ports/runtime.ts';
import { type ContainerInput, containerOptions } from './container-options.ts';
import { instanceDirectories } from './names.ts';

const workload: Workload = {
  id: 'a1', slug: 'ann-postgresql-a1', engine: 'postgresql', image: 'dbmaker/postgresql:15', command: null,
  environment: { POSTGRES_PASSWORD: 'a=b "c" $d' }, resources: { memoryBytes: 512 * 1024 * 1024, cpus: 0.5, pids: 100 },
  dataPath: '/var/lib/postgresql/data', endpoint: { kind: 'socket', directory: '/var/run/postgresql', name: '.s.PGSQL.5432' },
  ordinal: 10_000, fingerprint: 'f1',
};

function input(changes: Partial<ContainerInput> = {}, workloadChanges: Partial<Workload> = {}): ContainerInput {
  return {
    workload: { ...workload, ...workloadChanges }, homeId: 'h1', directories: instanceDirectories('/home/x', 'a1'), user: { kind: 'ids', uid: 10015, gid: 10015 },
    own: true, init: true, ...changes,
  };
}

test('a container of ours with a socket has no network, no capability and nothing to write to but its mounts', () => {
  const { HostConfig: host, Labels: labels, Env: env } = containerOptions(input());
  assert.equal(host?.NetworkMode, 'none');
  assert.deepEqual(host?.CapDrop, ['ALL']);
  assert.deepEqual(host?.CapAdd, []);
  assert.deepEqual(host?.SecurityOpt, ['no-new-privileges']);
  assert.equal(host?.ReadonlyRootfs, true);
  assert.equal(host?.Init, false);
  assert.deepEqual(host?.RestartPolicy, { Name: 'no' });
  assert.deepEqual(env, ['POSTGRES_PASSWORD=a=b "c" $d']);
  assert.deepEqual(labels, { 'dbmaker.home': 'h1', 'dbmaker.instance': 'a1', 'dbmaker.fingerprint': 'f1', 'dbmaker.socket': '.s.PGSQL.5432' });
  const mounts = host?.Mounts as { Source: string; Target: string }[];
  assert.deepEqual(mounts.map(({ Source, Target }) => [Source, Target]), [
    ['/home/x/instances/a1/data', '/var/lib/postgresql/data'], ['/home/x/instances/a1/run', '/var/run/postgresql'],
  ]);
});

test('limits: memory without swap, CPUs in billionths, processes', () => {
  const bytes = fc.integer({ min: 6 * 1024 * 1024, max: 2 ** 40 });
  const share = fc.double({ min: 0.01, max: 64, noNaN: true });
  fc.assert(fc.property(bytes, share, fc.integer({ min: 1, max: 4096 }), (memoryBytes, cpus, pids) => {
    const host = containerOptions(input({}, { resources: { memoryBytes, cpus, pids } })).HostConfig;
    assert.equal(host?.Memory, memoryBytes);
    assert.equal(host?.MemorySwap, memoryBytes);
    assert.ok(Number.isInteger(host?.NanoCpus));
    assert.equal(host?.PidsLimit, pids);
  }));
});

test('an image that starts as root gets the capabilities of its entrypoint, any other none', () => {
  assert.deepEqual(containerOptions(input({ user: { kind: 'root' }, own: false })).HostConfig?.CapAdd, ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETGID', 'SETUID']);
  assert.deepEqual(containerOptions(input({ user: { kind: 'name' }, own: false })).HostConfig?.CapAdd, []);
});

test('a TCP port is published on the loopback only, at an address of its own and a port that Docker picks', () => {
  const options = containerOptions(input({ own: false }, { engine: 'generic', endpoint: { kind: 'tcp', port: 11211 }, dataPath: null }));
  assert.equal(options.HostConfig?.NetworkMode, 'dbmaker-h1');
  assert.deepEqual(options.HostConfig?.PortBindings, { '11211/tcp': [{ HostIp: '127.77.39.16', HostPort: '' }] });
  assert.deepEqual(options.ExposedPorts, { '11211/tcp': {} });
  assert.deepEqual(options.HostConfig?.Mounts, []);
  assert.equal(options.HostConfig?.Init, true);
  assert.equal(options.Labels?.['dbmaker.port'], '11211');
});

test('a command replaces that of the image only when there is one', () => {
  assert.equal('Cmd' in containerOptions(input()), false);
  assert.deepEqual(containerOptions(input({}, { command: ['postgres', '-c', 'a=b'] })).Cmd, ['postgres', '-c', 'a=b']);
});
