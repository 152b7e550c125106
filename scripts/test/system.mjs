import { existsSync } from 'node:fs';
import { aptInstall, canAptInstall, dockerAnswers, findProgram, SetupError } from '../setup/index.mjs';

const CLIENTS = { id: 'clients', services: [], what: 'the gateway and the console with the clients that people use' };
/** Lets a test move the clock of a whole server. */
const FAKETIME = `/usr/lib/${{ x64: 'x86_64', arm64: 'aarch64' }[process.arch] ?? process.arch}-linux-gnu/faketime/libfaketimeMT.so.1`;
const PYTHON = '/usr/lib/python3/dist-packages';

/** What the tests use beside npm packages: programs and files -> the Debian packages that bring them, and what cannot be tested without. */
const NEEDS = [
  { id: 'docker', programs: ['dockerd', 'docker', 'iptables'], packages: ['docker.io', 'iptables'], services: ['docker', 'containerd'], what: 'the Docker runtime and the images' },
  { id: 'docker', programs: ['mmdebstrap'], packages: ['mmdebstrap'], services: [], what: 'the images' },
  { id: 'redis', programs: ['redis-server'], packages: ['redis-server'], services: ['redis-server'], what: 'Redis' },
  { ...CLIENTS, programs: ['psql'], packages: ['postgresql-client-15'] },
  { ...CLIENTS, programs: ['python3'], files: [`${PYTHON}/psycopg/__init__.py`, `${PYTHON}/redis/__init__.py`], packages: ['python3-psycopg', 'python3-redis'] },
  { ...CLIENTS, programs: ['javac'], packages: ['openjdk-17-jdk-headless'] },
  { ...CLIENTS, programs: [], files: ['/usr/share/java/postgresql.jar'], packages: ['libpostgresql-jdbc-java'] },
  { ...CLIENTS, programs: ['redis-cli', 'openssl', 'curl'], packages: ['redis-tools', 'openssl', 'curl'] },
  { ...CLIENTS, programs: ['chromium'], packages: ['chromium'] },
  { ...CLIENTS, programs: [], files: [FAKETIME], packages: ['libfaketime'] },
  { ...CLIENTS, programs: ['redis-server'], packages: ['redis-server'], services: ['redis-server'] },
];

/**
 * Installs what is missing where that is possible (root on Debian). `docker`, `clients`: whether any of the tests to run needs them;
 * `without`: what the person wants left out.
 * @returns {Promise<Record<string, string>>} what is still missing: {docker?: why, redis?: why, clients?: why}
 * @throws SetupError in CI, when anything is missing
 */
export async function prepareSystem({ ci, docker, clients = false, without }) {
  const missing = Object.fromEntries(without.map((name) => [name, `left out by --no-${name}`]));
  for (const need of NEEDS) {
    if ((need.id === 'docker' && !docker) || (need.id === 'clients' && !clients)) continue;
    if (missing[need.id] !== undefined) continue;
    const why = await provide(need);
    if (why) missing[need.id] = why;
  }
  if (ci && Object.keys(missing).length > 0) {
    throw new SetupError(`In CI nothing is skipped, but this machine lacks what the tests need:\n${Object.values(missing).join('\n')}`, { remedy: 'run as root on Debian, or install it beforehand' });
  }
  return missing;
}

async function provide({ id, programs, files = [], packages, services, what }) {
  const absent = [...programs.filter((name) => findProgram(name) === null), ...files.filter((file) => !existsSync(file))];
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
