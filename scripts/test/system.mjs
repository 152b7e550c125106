import { existsSync } from 'node:fs';
import { aptInstall, canAptInstall, dockerAnswers, findProgram, SetupError } from '../setup/index.mjs';

/** What the tests use beside npm packages: program -> the Debian packages that bring it, and what cannot be tested without. */
const NEEDS = [
  { id: 'docker', programs: ['dockerd', 'docker', 'iptables'], packages: ['docker.io', 'iptables'], services: ['docker', 'containerd'], what: 'the Docker runtime and the images' },
  { id: 'docker', programs: ['mmdebstrap'], packages: ['mmdebstrap'], services: [], what: 'the images' },
  { id: 'redis', programs: ['redis-server'], packages: ['redis-server'], services: ['redis-server'], what: 'Redis' },
];

/**
 * Installs what is missing where that is possible (root on Debian). `docker`: whether any of the tests to run needs it; `without`: what
 * the person wants left out.
 * @returns {Promise<Record<string, string>>} what is still missing: {docker?: why, redis?: why}
 * @throws SetupError in CI, when anything is missing
 */
export async function prepareSystem({ ci, docker, without }) {
  const missing = Object.fromEntries(without.map((name) => [name, `left out by --no-${name}`]));
  for (const need of NEEDS) {
    if (need.id === 'docker' && !docker) continue;
    if (missing[need.id] !== undefined) continue;
    const why = await provide(need);
    if (why) missing[need.id] = why;
  }
  if (ci && Object.keys(missing).length > 0) {
    throw new SetupError(`In CI nothing is skipped, but this machine lacks what the tests need:\n${Object.values(missing).join('\n')}`, { remedy: 'run as root on Debian, or install it beforehand' });
  }
  return missing;
}

async function provide({ id, programs, packages, services, what }) {
  const absent = programs.filter((name) => findProgram(name) === null);
  if (absent.length === 0) return id === 'docker' && !canStartDocker() && !(await dockerAnswers()) ? notAnswering() : undefined;
  // A Docker Engine that answers is enough for those who have one elsewhere.
  if (id === 'docker' && findProgram('docker') && (await dockerAnswers())) return undefined;
  if (!canAptInstall()) return `${absent.join(', ')} missing, needed for ${what}; as root on Debian: apt-get install ${packages.join(' ')}`;
  try {
    // Where systemd runs, Docker is its business; elsewhere we start it ourselves and want no second one.
    await aptInstall(packages, { why: `for the tests of ${what}`, services: existsSync('/run/systemd/system') && id === 'docker' ? [] : services });
    return undefined;
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    return `${error.message}${error.remedy ? ` (${error.remedy})` : ''}`;
  }
}

const canStartDocker = () => process.getuid?.() === 0;
const notAnswering = () => 'no Docker Engine answers, and starting one takes root; start it, or add yourself to the group "docker"';
