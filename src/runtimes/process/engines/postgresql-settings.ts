import type { Resources } from '../../../domain/instance/instance.ts';

const MB = 1024 * 1024;

/** What the runtime decides itself, so that a template's command cannot move it. */
export const FIXED_SETTINGS: ReadonlySet<string> = new Set([
  'listen_addresses', 'unix_socket_directories', 'unix_socket_permissions', 'unix_socket_group', 'port', 'data_directory', 'config_file', 'hba_file', 'ident_file',
  'external_pid_file', 'logging_collector', 'log_destination', 'log_line_prefix', 'log_timezone', 'dynamic_shared_memory_type', 'shared_memory_type',
  'dbmaker.launch', // says that a container's image was started by our command; see engines/postgresql/probe.ts
]);

/** Settings that fit the memory of the instance. A quarter for shared buffers as everybody does; connections are what kills a small one. */
export function settingsFor(resources: Resources): Record<string, string> {
  const megabytes = Math.floor(resources.memoryBytes / MB);
  const clamp = (value: number, least: number, most: number): number => Math.round(Math.min(most, Math.max(least, value)));
  return {
    shared_buffers: `${clamp(megabytes / 4, 8, 2048)}MB`,
    effective_cache_size: `${clamp((megabytes * 3) / 4, 16, 65_536)}MB`,
    maintenance_work_mem: `${clamp(megabytes / 16, 4, 256)}MB`,
    work_mem: `${clamp(megabytes / 256, 1, 16)}MB`,
    max_connections: String(clamp(megabytes / 8, 20, 100)),
    max_worker_processes: String(clamp(resources.pids / 16, 4, 8)),
  };
}

/** A literal of a value: data, whatever is in it. Standard-conforming strings: only the quote is special. */
export function literal(value: string): string {
  return `'${value.replaceAll('\'', '\'\'')}'`;
}

export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
