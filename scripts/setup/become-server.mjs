import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { findProgram } from './programs.mjs';
import { fillCompileCache, serverCommand } from './server-command.mjs';

/**
 * Runs the server with the Node.js that npm brought. Where this one can (22.15 and later) it *becomes* the server, so that no second process
 * stays; an older one stays as the parent, hands signals on and ends as the server ends.
 * @param {string} root directory of package.json
 */
export function becomeServer(root) {
  const command = serverCommand(root, process.env);
  fillCompileCache(root, command);
  const { program: node, args: argv, env } = command;
  if (typeof process.execve === 'function') process.execve(node, [node, ...argv], env);

  // Should this process be killed with kill -9, the server is told to stop instead of staying behind with the port.
  const setpriv = process.platform === 'linux' ? findProgram('setpriv') : null;
  const [program, args] = setpriv ? [setpriv, ['--pdeathsig', 'TERM', '--', node, ...argv]] : [node, argv];
  const server = spawn(program, args, { stdio: 'inherit', env });
  const forward = (signal) => server.kill(signal);
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGUSR2']) process.on(signal, forward);
  // Ctrl-C reaches the whole group, the server too; told twice it would not finish what it does.
  process.on('SIGINT', process.stdin.isTTY ? () => {} : forward);
  server.once('error', (error) => {
    console.error(`The server could not be started: ${error.message}`);
    process.exit(1);
  });
  server.once('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}
