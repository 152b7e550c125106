import { readdirSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { DbmakerError } from '../domain/errors.ts';
import type { Log } from '../domain/ports/log.ts';
import { BACKDATED_MS } from './authority.ts';
import type { Issue } from './issue/request.ts';
import { namesOf, readPair } from './pair.ts';
import type { ReadPair } from './pair.ts';
import { createOnce, readSecretIfThere, remove } from './private-files.ts';

const DAY_MS = 86_400_000;
/** With the backdated hour below 397 days, the longest that Apple's and browsers' verifiers accept. */
const LIFETIME_MS = 396 * DAY_MS;
export const RENEWED_BEFORE_MS = 30 * DAY_MS;
/** Each loss means that another process made one, for other names: two gateways on one home with different domains. */
const MOST_TRIES = 10;

interface Needs {
  readonly directory: string;
  readonly authority: ReadPair;
  readonly domain: string;
  readonly now: number;
  readonly issue: Issue;
  readonly log: Log;
}

/**
 * The gateway's own certificate under `authority`, the newest that fits, made when none does. Each generation is one file with key and
 * certificate, `server-<n>.pem`, that is never changed: a reader sees a whole pair whenever it looks, and of several processes that
 * renew at once one makes generation n and the others use it.
 * @throws DbmakerError internal, conflict; what node:fs throws
 */
export async function readOrIssueServerCertificate(needs: Needs): Promise<ReadPair> {
  const { directory, authority, now, log } = needs;
  const names = namesFor(needs.domain);
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const generation = newest(directory);
    const { pair, unfit } = read(needs, names, generation);
    if (pair) {
      removeBefore(directory, generation);
      return pair;
    }
    const authorityEnds = authority.leaf.validToDate.getTime();
    const issued = await needs.issue({
      kind: 'server', authority, names, notBefore: now - BACKDATED_MS,
      notAfter: authorityEnds > now ? Math.min(now + LIFETIME_MS, authorityEnds) : now + LIFETIME_MS,
    });
    createOnce(fileOf(directory, generation + 1), issued.key + issued.certificate);
    log.info({ generation: generation + 1, names, reason: unfit }, 'a TLS certificate was made for the gateway');
  }
  throw new DbmakerError('conflict', `Other processes keep replacing the TLS certificate in ${directory}.`, {
    remedy: 'Give all gateways of one DBMAKER_HOME the same DBMAKER_DOMAIN.',
  });
}

/** What clients connect to: the shared names below the domain, and this machine itself for the ports of single instances. */
export function namesFor(domain: string): string[] {
  return [...new Set([`*.${domain}`, domain, 'localhost', '127.0.0.1', '::1'])];
}

function read({ directory, authority, now }: Needs, names: readonly string[], generation: number): { pair?: ReadPair; unfit: string } {
  if (generation === 0) return { unfit: 'there is none' };
  try {
    const text = readSecretIfThere(fileOf(directory, generation));
    if (text === null) return { unfit: 'it was removed' };
    const pair = readPair({ key: text, certificate: text });
    const unfit = whyUnfit(pair, authority, now, names);
    return unfit === null ? { pair, unfit: '' } : { unfit };
  } catch (error) {
    // Nobody has to trust this file, so it is replaced, whatever happened to it: damaged, or seen by others.
    return { unfit: error instanceof Error ? error.message : String(error) };
  }
}

function whyUnfit({ leaf }: ReadPair, authority: ReadPair, now: number, names: readonly string[]): string | null {
  const ends = leaf.validToDate.getTime();
  if (!leaf.checkIssued(authority.leaf) || !leaf.verify(authority.leaf.publicKey)) return 'it is of another authority';
  if (!isDeepStrictEqual(namesOf(leaf), names)) return 'it is for other names';
  if (leaf.validFromDate.getTime() > now) return 'it is not valid yet';
  // One that ends with its authority cannot be made any longer.
  if (ends - now < RENEWED_BEFORE_MS && !(ends === authority.leaf.validToDate.getTime() && ends > now)) return 'it ends soon';
  return null;
}

const GENERATION = /^server-(\d{1,9})\.pem$/;

function fileOf(directory: string, generation: number): string {
  return path.join(directory, `server-${generation}.pem`);
}

function generations(directory: string): number[] {
  return readdirSync(directory).flatMap((name) => GENERATION.exec(name)?.slice(1).map(Number) ?? []);
}

/** 0: there is none. */
function newest(directory: string): number {
  return Math.max(0, ...generations(directory));
}

function removeBefore(directory: string, generation: number): void {
  for (const older of generations(directory)) {
    if (older < generation) remove(fileOf(directory, older));
  }
}
