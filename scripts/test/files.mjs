import { readdirSync } from 'node:fs';
import path from 'node:path';

/** Started first, as they take longest: then nothing long is left to run alone at the end. */
const LONG_FIRST = [/kill\./, /\.docker\.test/, /^test\/integration/, /^test\/contract/];
/** They keep a processor busy each; started one after the other, between those that mostly wait, they do not keep each other waiting. */
const BROWSERS = /^test\/e2e/;

/** What a test file needs of the machine, by its name: `x.docker.test.ts`, `y.redis.test.ts`, `z.clients.test.ts`, `z.clients.docker.test.ts`. */
const NEEDS = [[/\.docker\.test\.ts$/, 'docker'], [/\.redis\.test\.ts$/, 'redis'], [/\.clients\.(docker\.)?test\.ts$/, 'clients']];

/** Test files below `root`, relative to it, in the order in which to start them. `only`: those with one of these texts in the path; [] = all. */
export function testFiles(root, only) {
  const files = ['src', 'test', 'scripts'].flatMap((folder) => readdirSync(path.join(root, folder), { recursive: true }).map((name) => path.posix.join(folder, name)));
  const wanted = files.filter((file) => /\.test\.(ts|mjs)$/.test(file) && (only.length === 0 || only.some((text) => file.includes(text))));
  const rank = (file) => LONG_FIRST.findIndex((pattern) => pattern.test(file)) >>> 0;
  const inOrder = wanted.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  return alternately(inOrder.filter((file) => !BROWSERS.test(file)), inOrder.filter((file) => BROWSERS.test(file)));
}

/** One of each while there are both; each list keeps its order. */
function alternately(some, others) {
  return Array.from({ length: Math.max(some.length, others.length) }, (_, index) => [some[index], others[index]]).flat().filter((file) => file !== undefined);
}

/** Splits `files` into those that can run and those that lack something; `missing`: {docker?: why, redis?: why, clients?: why}. */
export function splitByNeeds(files, missing) {
  const skipped = [];
  const runnable = files.filter((file) => {
    const need = NEEDS.find(([pattern, name]) => pattern.test(file) && missing[name] !== undefined);
    if (need) skipped.push({ file, why: missing[need[1]] });
    return !need;
  });
  return { runnable, skipped };
}
