import { existsSync } from 'node:fs';
import { SetupError } from './errors.mjs';
import { findProgram } from './programs.mjs';
import { lastLines, run } from './run.mjs';

/** Whether this machine can install Debian packages without asking anybody: root, and apt-get is there. */
export function canAptInstall() {
  return process.getuid?.() === 0 && findProgram('apt-get') !== null;
}

/**
 * Installs those of the Debian packages that are missing; resolves at once when there are none.
 * @param {string[]} packages
 * @param {{why: string, services?: string[]}} options `why`: shown to the person, as in "for the built-in Redis".
 *   `services`: units that the packages bring and that must not be started, now or at boot (they would take ports and memory).
 * @throws SetupError not root or no apt-get; no network; apt-get failed
 */
export async function aptInstall(packages, { why, services = [] }) {
  const missing = await missingPackages(packages);
  if (missing.length === 0) return;
  const command = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  if (!canAptInstall()) {
    throw new SetupError(`${missing.join(', ')} is needed ${why} and cannot be installed from here (it takes root and apt-get).`, { remedy: `as root: ${command}` });
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' };
  if (existsSync('/run/systemd/system')) await mask(services);
  else if (services.length > 0) env.RUNLEVEL = '1'; // init scripts: the single-user level starts no service
  // Lists may be old or missing, a mirror may be down: what counts is whether the installation works.
  const update = await run('apt-get', ['update', '-q'], { what: 'Reading the lists of Debian packages', env, timeoutMs: 300_000 });
  const install = await run('apt-get', ['install', '-y', '-q', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300', ...missing], {
    what: `Installing ${missing.join(', ')} ${why}`, env, timeoutMs: 900_000,
  });
  if (install.code !== 0) {
    const network = /Could not resolve|Could not connect|Temporary failure|(Unable|Failed) to fetch|Connection (timed out|refused|failed)/.test(update.output + install.output);
    throw new SetupError(`${missing.join(', ')} could not be installed ${why}${network ? ': Debian\'s packages cannot be reached' : ''}.\napt-get said:\n${lastLines(install.output, 8)}`, {
      remedy: `as root: apt-get update && ${command}`,
    });
  }
}

async function missingPackages(packages) {
  if (!findProgram('dpkg-query')) return [...packages];
  const { output } = await run('dpkg-query', ['-W', '-f', '${db:Status-Status} ${Package}\n', ...packages], { timeoutMs: 30_000 });
  const installed = new Set(output.split('\n').filter((line) => line.startsWith('installed ')).map((line) => line.slice('installed '.length)));
  return packages.filter((name) => !installed.has(name));
}

async function mask(services) {
  for (const service of services) {
    if (existsSync(`/etc/systemd/system/${service}.service`) || existsSync(`/lib/systemd/system/${service}.service`)) continue; // theirs: as they want it
    await run('systemctl', ['mask', service], { timeoutMs: 30_000 });
  }
}
