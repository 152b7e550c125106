import { registerHooks } from 'node:module';

/**
 * What dockerode loads for an engine behind ssh:// and for BuildKit sessions. We use neither (a unix socket, the classic builder), and they
 * are 170 files: 8 MB of memory and a quarter of the time to start.
 */
const UNUSED: ReadonlySet<string> = new Set(['@grpc/grpc-js', '@grpc/proto-loader', 'ssh2']);
const EMPTY = 'dbmaker:empty';

const hooks = registerHooks({
  resolve: (specifier, context, next) => (UNUSED.has(specifier) ? { url: EMPTY, format: 'commonjs', shortCircuit: true } : next(specifier, context)),
  load: (url, context, next) => (url === EMPTY ? { format: 'commonjs', source: 'module.exports = {};', shortCircuit: true } : next(url, context)),
});

/** The library, without the parts that we have no use for: those fail when they are called. */
export const { default: Docker } = await import('dockerode').finally(() => hooks.deregister());
