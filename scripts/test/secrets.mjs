import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { run } from '../setup/index.mjs';

const SHOWN = 10;
/** Of each log: one that has a secret has it often. */
const LINES_OF_A_LOG = 5;

/**
 * Looks whether a log of the tests has any of the secrets that they made (test/support/secrets.ts noted both in `directory`).
 * @returns {Promise<{secrets: number, logs: number, found: string[]}>} `found`: file, line and kind of secret, and the line with every secret replaced
 */
export async function lookForSecrets(directory) {
  const names = readdirSync(directory);
  const notes = names.filter((name) => name.endsWith('.jsonl'));
  const logs = names.filter((name) => name.endsWith('.log'));
  const kinds = new Map(notes.flatMap((name) => readLines(path.join(directory, name)).map((line) => JSON.parse(line))).map(({ kind, value }) => [value, kind]));
  if (kinds.size === 0 || logs.length === 0) return { secrets: kinds.size, logs: logs.length, found: [] };
  const patterns = path.join(directory, 'patterns');
  writeFileSync(patterns, `${[...kinds.keys()].join('\n')}\n`, { mode: 0o600 });
  // One pass of grep over everything, whatever the number of secrets is.
  const { code, output } = await run('grep', ['-r', '-n', '-a', '-F', '-m', String(LINES_OF_A_LOG), '--include=*.log', '-f', patterns, '.'], { cwd: directory, env: { ...process.env, LC_ALL: 'C' }, timeoutMs: 60_000 });
  if (code !== 0 && code !== 1) return { secrets: kinds.size, logs: logs.length, found: [`the look itself failed: grep ended with exit code ${code}`] };
  const lines = output.split('\n').filter(Boolean).map((line) => describe(line, kinds));
  return { secrets: kinds.size, logs: logs.length, found: lines.length > SHOWN ? [...lines.slice(0, SHOWN), `and ${lines.length - SHOWN} more lines`] : lines };
}

function describe(match, kinds) {
  const [, file, number, text] = /^\.\/(.*?\.log):(\d+):(.*)$/s.exec(match) ?? [null, 'a log', '?', '']; // cut off, perhaps in the middle of a secret
  let clean = text;
  const there = new Set();
  for (const [secret, kind] of kinds) {
    if (!clean.includes(secret)) continue;
    there.add(kind);
    clean = clean.replaceAll(secret, `<${kind}>`);
  }
  const at = Math.max(0, clean.indexOf(`<${[...there][0]}>`) - 200);
  return `${file}:${number} has ${[...there].map((kind) => `a ${kind}`).join(' and ').replace(/\ba (?=[aeiouA])/g, 'an ')}: ${clean.slice(at, at + 400)}`;
}

function readLines(file) {
  return readFileSync(file, 'utf8').split('\n').filter((line) => line.endsWith('}')); // a kill may have cut off the last one
}
