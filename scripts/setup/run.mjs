import { spawn } from 'node:child_process';

const KEPT_OUTPUT = 64 * 1024;

/**
 * Runs a program without a shell, its output kept and not shown, and says every now and then that it still runs.
 * Resolves with {code, signal, output, late} (output: the last 64 KiB of both streams; late: it was killed for its time) whatever the exit code is.
 * `what`: text for the progress line, none when left out. `timeoutMs`: default 10 minutes; then the program is killed with its children.
 */
export function run(command, args, { what, cwd, env, timeoutMs = 600_000, input } = {}) {
  return new Promise((resolve) => {
    const started = Date.now();
    const seconds = () => Math.round((Date.now() - started) / 1000);
    if (what) console.log(`${what} ...`);
    const child = spawn(command, args, { cwd, env: env ?? process.env, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    let output = '';
    let late = false;
    const keep = (chunk) => { output = (output + chunk).slice(-KEPT_OUTPUT); };
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    child.stdin.on('error', () => {}); // it ended without reading its input: its exit code says why
    child.stdin.end(input ?? '');
    // A process group of its own, so that a time-out and Ctrl-C reach the children too.
    const killGroup = (signal) => {
      try {
        process.kill(-child.pid, signal);
      } catch {
        // it is gone already
      }
    };
    const interrupted = () => { killGroup('SIGTERM'); process.exit(130); };
    process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
    const ticker = what ? setInterval(() => console.log(`  still at it: ${what} (${seconds()} s)`), 15_000) : undefined;
    const timer = setTimeout(() => { late = true; killGroup('SIGKILL'); }, timeoutMs);
    const settle = (code, signal) => {
      clearInterval(ticker);
      clearTimeout(timer);
      process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
      if (late) keep(`\n(ended by us after ${timeoutMs / 1000} s)`);
      if (what && code === 0) console.log(`  done in ${seconds()} s`);
      resolve({ code, signal, output, late });
    };
    child.once('error', (error) => { keep(String(error.message)); settle(127, null); });
    child.once('close', settle);
  });
}

/** Last lines of a program's output, for an error text. */
export function lastLines(output, count = 15) {
  return output.trimEnd().split('\n').slice(-count).join('\n');
}
