import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SetupError, aptInstall, findProgram, lastLines, run } from '../setup/index.mjs';
import { docker, findImage } from './engine.mjs';

export const ONLINE_BASE = 'debian:bookworm-slim';
/** Tag of the base that is made here from Debian's packages. The docker runtime prefers it when it is there. */
export const OFFLINE_BASE = 'dbmaker/base:bookworm';

const LEFT_OUT = ['/usr/share/doc/*', '/usr/share/man/*', '/usr/share/info/*', '/usr/share/locale/*', '/usr/share/lintian/*'];

/** Makes the online base present. @throws SetupError when no registry answers */
export async function pullBase() {
  if (await findImage(ONLINE_BASE)) return ONLINE_BASE;
  const { code, output } = await docker(['pull', ONLINE_BASE], { what: `Pulling ${ONLINE_BASE}`, timeoutMs: 600_000 });
  if (code === 0) return ONLINE_BASE;
  throw new SetupError(`${ONLINE_BASE} could not be pulled.\ndocker said:\n${lastLines(output, 3)}`, {
    remedy: 'npm run images -- --offline makes the base from Debian\'s packages, without a registry',
  });
}

/** Makes the base from Debian's packages: `mmdebstrap | docker import`. @throws SetupError */
export async function makeBase({ force }) {
  const sources = machineSources();
  const options = ['--variant=minbase', ...LEFT_OUT.map((files) => `--dpkgopt=path-exclude=${files}`), ...proxyOptions()];
  const inputs = createHash('sha256').update(JSON.stringify([options, sources])).digest('hex').slice(0, 32);
  const found = await findImage(OFFLINE_BASE);
  if (!force && found?.inputs === inputs) {
    console.log(`${OFFLINE_BASE} is there already.`);
    return OFFLINE_BASE;
  }
  await aptInstall(['mmdebstrap'], { why: 'to make the base of the images without a registry' });
  const directory = mkdtempSync(path.join(tmpdir(), 'dbmaker-base-'));
  try {
    // Through a file, not a pipe: a half-made tar must never become an image.
    const archive = path.join(directory, 'base.tar');
    const made = await run(findProgram('mmdebstrap') ?? 'mmdebstrap', [...options, 'bookworm', archive, ...sources], {
      what: 'Making a minimal Debian from its packages', timeoutMs: 900_000,
    });
    if (made.code !== 0) {
      throw new SetupError(`mmdebstrap failed.\nIt said:\n${lastLines(made.output)}`, { remedy: 'check that apt-get update works on this machine' });
    }
    const imported = await docker(['import', '--change', `LABEL dbmaker.inputs=${inputs}`, archive, OFFLINE_BASE], { timeoutMs: 300_000 });
    if (imported.code !== 0) throw new SetupError(`docker import failed.\nIt said:\n${lastLines(imported.output, 5)}`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  return OFFLINE_BASE;
}

/** The machine's own places for Debian packages (a mirror, say) as lines of sources.list; none: mmdebstrap takes deb.debian.org. */
function machineSources() {
  const directory = '/etc/apt/sources.list.d';
  const files = ['/etc/apt/sources.list', ...(existsSync(directory) ? readdirSync(directory).sort().map((name) => path.join(directory, name)) : [])];
  const lines = files.filter((file) => existsSync(file)).flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    if (file.endsWith('.sources')) return fromParagraphs(text);
    return file.endsWith('.list') ? text.split('\n').map((line) => line.trim()) : [];
  });
  // Only Debian's own suites: what else the machine uses has no place in our images.
  const ours = lines.filter((line) => /^deb\s+(\[[^\]]*\]\s+)?\S+\/debian(-security)?\/?\s+bookworm(-updates|-security|\/updates)?\s/.test(line));
  return ours.some((line) => /\sbookworm\s/.test(line)) ? ours : [];
}

/** deb822 paragraphs to one-line entries. */
function fromParagraphs(text) {
  return text.split(/\n\s*\n/).flatMap((paragraph) => {
    const kept = paragraph.split('\n').filter((line) => !line.startsWith('#')).join('\n');
    const field = (name) => new RegExp(`^${name}:[ \\t]*(.*(?:\\n[ \\t]+.*)*)`, 'im').exec(kept)?.[1].split(/\s+/).filter(Boolean) ?? [];
    if (!field('Types').includes('deb') || field('Enabled')[0] === 'no') return [];
    return field('URIs').flatMap((uri) => field('Suites').map((suite) => `deb ${uri} ${suite} ${field('Components').join(' ')}`));
  });
}

/** mmdebstrap does not read the machine's apt.conf, so a proxy that is set there has to be handed on. */
function proxyOptions() {
  const directory = '/etc/apt/apt.conf.d';
  const files = ['/etc/apt/apt.conf', ...(existsSync(directory) ? readdirSync(directory).sort().map((name) => path.join(directory, name)) : [])];
  const text = files.filter((file) => existsSync(file)).map((file) => readFileSync(file, 'utf8')).join('\n');
  return [...text.matchAll(/^\s*(Acquire::https?::Proxy)\s+"([^"]+)"\s*;/gim)].map(([, name, value]) => `--aptopt=${name} "${value}"`);
}
