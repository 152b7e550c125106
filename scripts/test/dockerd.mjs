import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { dockerAnswers, findProgram, lastLines, run, SetupError } from '../setup/index.mjs';

const PIDFILE = '/var/run/docker.pid';
const START_MS = 60_000;

/**
 * Starts a Docker Engine at the usual socket when none answers.
 * @param {string} scratch directory for its log
 * @returns {Promise<() => Promise<void>>} ends the one that we started; does nothing when one answered already
 * @throws SetupError with the end of its log
 */
export async function ensureDockerd(scratch) {
  if (await dockerAnswers({ timeoutMs: 5_000 })) return async () => {};
  if (process.env.DOCKER_HOST) throw new SetupError(`No Docker Engine answers at DOCKER_HOST=${process.env.DOCKER_HOST}.`, { remedy: 'start it, or unset DOCKER_HOST' });
  if (await startedByThemselves()) return async () => {};
  await mountControlGroups();
  const file = path.join(scratch, 'dockerd.log');
  console.log(`Starting a Docker Engine (dockerd, log in ${file}) ...`);
  const log = openSync(file, 'a', 0o600);
  const child = spawn(findProgram('dockerd') ?? 'dockerd', [], { stdio: ['ignore', log, log], detached: true, cwd: '/' });
  closeSync(log);
  let ended;
  child.once('error', (error) => { ended = error.message; });
  child.once('exit', (code, signal) => { ended ??= `it ended with ${signal ?? `exit code ${code}`}`; });
  for (const deadline = Date.now() + START_MS; Date.now() < deadline && ended === undefined; await pause(100)) {
    if (await dockerAnswers()) return () => stop(child);
  }
  await stop(child);
  throw new SetupError(`The Docker Engine did not start: ${ended ?? `no answer within ${START_MS / 1000} s`}.\nIts log:\n${lastLines(readFileSync(file, 'utf8'))}`, {
    remedy: 'see what the log says; "npm test -- --no-docker" leaves out what needs Docker',
  });
}

/** Another one may be starting, or its pid file may be left over from before a power cut: dockerd would refuse to start then. */
async function startedByThemselves() {
  if (findProgram('systemctl') && (await run('systemctl', ['is-system-running'], { timeoutMs: 10_000 })).output.match(/running|degraded/)) {
    await run('systemctl', ['start', 'docker'], { what: 'Starting the Docker service', timeoutMs: 90_000 });
  }
  const pid = readText(PIDFILE).trim();
  if (/^\d+$/.test(pid) && readText(`/proc/${pid}/comm`).trim() === 'dockerd') {
    for (const deadline = Date.now() + START_MS; Date.now() < deadline; await pause(200)) {
      if (await dockerAnswers()) return true;
      if (readText(`/proc/${pid}/comm`) === '') break;
    }
  }
  if (await dockerAnswers()) return true;
  if (pid && readText(`/proc/${pid}/comm`).trim() !== 'dockerd') rmSync(PIDFILE, { force: true });
  return false;
}

/** Small virtual machines without systemd may have none; without them no container starts. */
async function mountControlGroups() {
  if (/^\S+ \/sys\/fs\/cgroup/m.test(readText('/proc/mounts'))) return;
  mkdirSync('/sys/fs/cgroup', { recursive: true });
  await run('mount', ['-t', 'cgroup2', 'cgroup2', '/sys/fs/cgroup'], { timeoutMs: 10_000 });
}

async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 30_000);
  await exited;
  clearTimeout(timer);
}

function readText(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
