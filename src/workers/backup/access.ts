import type { BackupAccess, EngineTarget } from '../../domain/ports/engine.ts';
import type { Pass } from '../reconciler/context.ts';

/** The only way from a backup or a restore to its instance. */
export function accessOf(pass: Pass, target: EngineTarget): BackupAccess {
  const { instance, signal, ports } = pass;
  const { endpoint } = pass.workload();
  return {
    target,
    socketDirectory: endpoint.kind === 'socket' ? endpoint.directory : null,
    // PostgreSQL's socket is named by its port.
    port: endpoint.kind === 'tcp' ? endpoint.port : Number(/\.(\d+)$/.exec(endpoint.name)?.[1] ?? instance.spec.template.defaultPort),
    run: (argv, options = {}) => ports.runtime.stream(instance.id, argv, { ...options, signal }),
    signal,
  };
}
