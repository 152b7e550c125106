import type Docker from 'dockerode';
import type { Workload } from '../../domain/ports/runtime.ts';
import type { ImageUser } from './image-user.ts';
import { loopbackOf } from './loopback.ts';
import { FINGERPRINT_LABEL, HOME_LABEL, INSTANCE_LABEL, type InstanceDirectories, PORT_LABEL, SOCKET_LABEL, networkName } from './names.ts';

export interface ContainerInput {
  readonly workload: Workload;
  readonly homeId: string;
  readonly directories: InstanceDirectories;
  readonly user: ImageUser;
  /** Whether the image is one of ours: it then needs nothing but its directories to write to. */
  readonly own: boolean;
  /** Whether the engine has docker-init; an image that we do not know may need somebody who collects its dead children. */
  readonly init: boolean;
}

/** What an official image's entrypoint needs to hand its directories to its user and become it. */
const ENTRYPOINT_CAPABILITIES = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETGID', 'SETUID'];
const TMP_BYTES = 64 * 1024 * 1024;

/** The container that should exist for a workload. Pure. */
export function containerOptions(input: ContainerInput): Docker.ContainerCreateOptions {
  const { workload, directories } = input;
  const { endpoint, resources } = workload;
  return {
    Image: workload.image,
    Hostname: workload.id,
    ...(workload.command === null ? {} : { Cmd: [...workload.command] }),
    Env: Object.entries(workload.environment).map(([name, value]) => `${name}=${value}`),
    Labels: labels(input),
    // Readiness is asked from outside, by the protocol.
    Healthcheck: { Test: ['NONE'] },
    ...(endpoint.kind === 'tcp' ? { ExposedPorts: { [`${endpoint.port}/tcp`]: {} } } : {}),
    HostConfig: {
      ...network(input),
      Mounts: mounts(workload, directories),
      Memory: resources.memoryBytes,
      MemorySwap: resources.memoryBytes, // memory and swap together: no swap
      NanoCpus: Math.round(resources.cpus * 1e9),
      PidsLimit: resources.pids,
      // Counts as memory of the container. The default of 64 MB makes parallel queries of PostgreSQL fail.
      ShmSize: resources.memoryBytes,
      Tmpfs: { '/tmp': `rw,noexec,nosuid,nodev,mode=1777,size=${Math.min(TMP_BYTES, Math.floor(resources.memoryBytes / 4))}` },
      // Without a socket directory of its own our image would have nowhere to put one.
      ReadonlyRootfs: input.own && endpoint.kind === 'socket',
      CapDrop: ['ALL'],
      CapAdd: input.user.kind === 'root' ? ENTRYPOINT_CAPABILITIES : [],
      SecurityOpt: ['no-new-privileges'],
      IpcMode: 'private',
      Init: input.init && !input.own && workload.engine === 'generic',
      RestartPolicy: { Name: 'no' }, // the reconciler restarts, with backoff
      LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
    },
  };
}

function labels({ workload, homeId }: ContainerInput): Record<string, string> {
  const { endpoint } = workload;
  return {
    [HOME_LABEL]: homeId,
    [INSTANCE_LABEL]: workload.id,
    [FINGERPRINT_LABEL]: workload.fingerprint,
    ...(endpoint.kind === 'socket' ? { [SOCKET_LABEL]: endpoint.name } : { [PORT_LABEL]: String(endpoint.port) }),
  };
}

function network({ workload, homeId }: ContainerInput): Pick<Docker.HostConfig, 'NetworkMode' | 'PortBindings'> {
  if (workload.endpoint.kind === 'socket') return { NetworkMode: 'none' };
  // An empty host port: the engine picks a free one, anew at each start.
  return { NetworkMode: networkName(homeId), PortBindings: { [`${workload.endpoint.port}/tcp`]: [{ HostIp: loopbackOf(workload.ordinal), HostPort: '' }] } };
}

function mounts({ dataPath, endpoint }: Workload, directories: InstanceDirectories): Docker.MountConfig {
  // Mounts, unlike Binds, fail when the source is missing instead of making an empty one.
  const bind = (source: string, target: string): Docker.MountSettings => ({ Type: 'bind', Source: source, Target: target, BindOptions: { Propagation: 'rprivate' } });
  return [
    ...(dataPath === null ? [] : [bind(directories.data, dataPath)]),
    ...(endpoint.kind === 'socket' ? [bind(directories.run, endpoint.directory)] : []),
  ];
}
