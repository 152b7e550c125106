import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const REPORTER = fileURLToPath(new URL('reporter.mjs', import.meta.url));
const KEPT_OUTPUT = 64 * 1024;

/**
 * Runs one test file in a process group of its own, so that one that hangs can be ended with all that it started.
 * @param {string} file relative to `root`
 * @param {{root: string, node: string, env: object, scratch: string, timeoutMs: number, signal: AbortSignal}} context
 * @returns {Promise<{file, ms, tests: object[], notes: string[], output: string, fault: string | undefined}>}
 *   `tests`: the reporter's pass and fail lines; `fault`: what is wrong with the file as a whole
 */
export function runFile(file, { root, node, env, scratch, timeoutMs, signal }) {
  return new Promise((resolve) => {
    const events = path.join(scratch, `${file.replaceAll('/', '+')}.jsonl`);
    const started = performance.now();
    const child = spawn(node, [`--test-reporter=${REPORTER}`, `--test-reporter-destination=${events}`, file], {
      cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true,
    });
    let output = '';
    let ended = '';
    const keep = (chunk) => { output = (output + chunk).slice(-KEPT_OUTPUT); };
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    const timers = [];
    const end = (why) => {
      if (ended) return;
      ended = why;
      signalGroup(child.pid, 'SIGTERM'); // first a chance to clean up
      timers.push(setTimeout(() => signalGroup(child.pid, 'SIGKILL'), 5_000));
      // Something that left the group may still hold the pipes: do not wait for it.
      timers.push(setTimeout(() => { child.stdout.destroy(); child.stderr.destroy(); }, 7_000));
    };
    timers.push(setTimeout(() => end(`did not end within ${timeoutMs / 1000} s and was killed`), timeoutMs));
    const aborted = () => end('was ended, as the whole run was');
    signal.addEventListener('abort', aborted, { once: true });
    if (signal.aborted) aborted();
    const settle = (code, killedBy) => {
      timers.forEach(clearTimeout);
      signal.removeEventListener('abort', aborted);
      signalGroup(child.pid, 'SIGKILL'); // what the file forgot to end
      resolve({ file, ms: performance.now() - started, output, ...judge(readEvents(events), ended, code, killedBy) });
    };
    child.once('error', (error) => { ended ||= `could not be started: ${error.message}`; settle(null, null); });
    child.once('exit', () => timers.push(setTimeout(() => { child.stdout.destroy(); child.stderr.destroy(); }, 2_000)));
    child.once('close', settle);
  });
}

function signalGroup(pid, signal) {
  try {
    if (pid) process.kill(-pid, signal);
  } catch {
    // nobody left in it
  }
}

function readEvents(file) {
  let text;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return []; // it ended before its first test
  }
  return text.split('\n').flatMap((line) => {
    try {
      return line ? [JSON.parse(line)] : [];
    } catch {
      return []; // the line that a kill cut off
    }
  });
}

function judge(events, ended, code, killedBy) {
  const results = events.filter(({ event }) => event === 'pass' || event === 'fail');
  const tests = results.filter(({ suite, derived, event }) => !suite || (event === 'fail' && !derived));
  const notes = events.filter(({ event }) => event === 'note').map(({ text }) => text);
  return { tests, notes, fault: fileFault(events, results, tests, ended, code, killedBy) };
}

function fileFault(events, results, tests, ended, code, killedBy) {
  if (ended) {
    const done = new Set(results.map(({ name, nesting, line }) => `${name} ${nesting} ${line}`));
    const open = events.filter(({ event, name, nesting, line }) => event === 'start' && !done.has(`${name} ${nesting} ${line}`));
    // The innermost only (a start's `suite` cannot be trusted: Node 24 takes the parent's kind).
    const depth = Math.max(...open.map(({ nesting }) => nesting));
    const running = open.filter(({ nesting }) => nesting === depth).map(({ name }) => name);
    return `${ended}${running.length > 0 ? `; unfinished: ${running.slice(0, 5).join(' | ')}` : '; all its tests had ended, so something keeps its process alive'}`;
  }
  const failed = tests.some(({ event, todo }) => event === 'fail' && todo === undefined);
  if (failed) return undefined;
  if (killedBy) return `was ended by ${killedBy}`;
  if (code !== 0) return `ended with exit code ${code}`;
  return tests.length === 0 ? 'has no test in it' : undefined;
}
