import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

/**
 * A small young generation: V8 would let it grow to 3 x 16 MB before it looks what is still needed, which is more than all our live data.
 * Measured, idle with 50 instances: 50 MB less.
 */
const SMALL_YOUNG_GENERATION = '--max-semi-space-size=4';

/**
 * Nothing here uses AsyncLocalStorage; the bookkeeping for it in every call from C++ cost the gateway 5 % of its throughput (redis-benchmark,
 * 16 clients, plain).
 */
const NO_ASYNC_CONTEXT = '--no-async-context-frame';


/**
 * How the server is started, for npm start, the tests and the benchmarks alike.
 * @param {string} root directory of package.json
 * @param {Readonly<Record<string, string | undefined>>} environment of the server to be
 * @returns {{ program: string, args: string[], env: Record<string, string | undefined> }}
 */
export function serverCommand(root, environment) {
  return {
    program: path.join(root, 'node_modules', '.bin', 'node'),
    args: [SMALL_YOUNG_GENERATION, NO_ASYNC_CONTEXT, path.join(root, 'src', 'main', 'server.ts')],
    env: { NODE_COMPILE_CACHE: compileCache(root, environment), ...environment },
  };
}

/** What the server loads; the runtimes only when they are chosen. */
const COMPILED = ['main/server.ts', 'runtimes/docker/index.ts', 'runtimes/process/index.ts'];

/**
 * Fills an empty compile cache, so that also the first server starts from it: one that compiles by itself keeps 25 MB more for good.
 * Takes 2 s, once. When it does not work out, the server does without.
 * @param {string} root directory of package.json
 * @param {ReturnType<typeof serverCommand>} command
 */
export function fillCompileCache(root, { program, args, env }) {
  if (existsSync(env.NODE_COMPILE_CACHE)) return;
  const files = COMPILED.map((file) => path.join(root, 'src', file));
  const load = 'await Promise.all(process.argv.slice(1).map((file) => import(file)))';
  spawnSync(program, [...args.slice(0, -1), '--input-type=module', '--eval', load, '--', ...files], { cwd: root, env, stdio: 'ignore', timeout: 60_000 });
}

/** Compiled code is kept: the next start reads it instead of stripping types (for which Node loads 30 MB of WebAssembly) and compiling again. */
function compileCache(root, { DBMAKER_HOME }) {
  try {
    accessSync(root, constants.W_OK);
    return path.join(root, '.cache', 'compile');
  } catch {
    // the program's files belong to somebody else
    return path.join(DBMAKER_HOME || path.join(homedir(), '.dbmaker'), 'cache', 'compile');
  }
}
