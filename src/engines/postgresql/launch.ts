import type { Engine, LaunchInput } from '../../domain/ports/engine.ts';

const MIB = 1024 * 1024;

/** A setting of our own that marks servers which were started by the command below. */
export const LAUNCH_MARK = 'dbmaker.launch';

/** Makes an official image, or ours, listen where we look and ask for SCRAM everywhere. No secret is in the command. */
export const launch: Engine['launch'] = (input) => ({
  command: input.command ?? command(input),
  environment: {
    POSTGRES_USER: input.username,
    POSTGRES_PASSWORD: input.password,
    POSTGRES_DB: input.database,
    // Official images: initdb would otherwise trust everybody on the unix socket.
    POSTGRES_INITDB_ARGS: `${input.environment['POSTGRES_INITDB_ARGS'] ?? ''} --auth=scram-sha-256`.trim(),
    POSTGRES_HOST_AUTH_METHOD: 'scram-sha-256',
    // From version 18 on the images put it elsewhere, outside of what is kept (docker-library/postgres#1400).
    ...(input.dataPath === null || input.environment['PGDATA'] !== undefined ? {} : { PGDATA: input.dataPath }),
  },
});

function command(input: LaunchInput): string[] {
  const settings: Record<string, string> = {
    ...(input.socketDirectory === null ? {} : { listen_addresses: '', unix_socket_directories: input.socketDirectory }),
    password_encryption: 'scram-sha-256',
    ...memorySettings(input.memoryBytes),
    [LAUNCH_MARK]: 'container',
  };
  return ['postgres', ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

/** A quarter for shared buffers, the usual rule; connections so that each has about 5 MiB of the rest. */
function memorySettings(memoryBytes: number): Record<string, string> {
  const mebibytes = memoryBytes / MIB;
  const megabytes = (share: number, least: number, most: number): string => `${Math.round(Math.min(most, Math.max(least, mebibytes * share)))}MB`;
  return {
    shared_buffers: megabytes(0.25, 16, 8192),
    effective_cache_size: megabytes(0.6, 32, 65_536),
    maintenance_work_mem: megabytes(0.06, 16, 1024),
    work_mem: megabytes(0.01, 1, 64),
    max_connections: String(Math.round(Math.min(400, Math.max(25, mebibytes / 5)))),
  };
}
