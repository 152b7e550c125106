import { readFileSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { isMissing } from './files.ts';

/**
 * What /proc says. Synchronous on purpose: these files live in memory, a read takes microseconds, and an answer that was awaited
 * would already be about the past.
 */

/** Names one process for as long as the machine runs: pids are used again, (pid, start) pairs are not. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since the machine started. */
  readonly startTicks: number;
  readonly bootId: string;
}

export interface ProcessStatus {
  /** R, S, D, T (stopped), Z (ended, not yet collected), ... */
  readonly state: string;
  readonly parent: number;
  readonly startTicks: number;
  /** Own and collected children's, clock ticks. */
  readonly cpuTicks: number;
}

/** /proc/[pid]/stat. The name in it may hold spaces and parentheses: what counts comes after the last one. null: not such a line. */
export function parseStat(text: string): (ProcessStatus & { pid: number }) | null {
  const end = text.lastIndexOf(')');
  const fields = text.slice(end + 2).trim().split(' ');
  const pid = Number.parseInt(text, 10);
  if (end < 0 || fields.length < 20 || !Number.isInteger(pid)) return null;
  const number = (index: number): number => Number(fields[index] ?? '0');
  return { pid, state: fields[0] ?? '?', parent: number(1), startTicks: number(19), cpuTicks: number(11) + number(12) + number(13) + number(14) };
}

/** The line that a launched process wrote about itself: boot id, then its stat. */
export function parseIdentity(text: string | null): ProcessIdentity | null {
  const match = text === null ? null : /^([0-9a-f-]{36}) (\d+ \(.*)$/s.exec(text);
  const status = match?.[2] === undefined ? null : parseStat(match[2]);
  return match?.[1] === undefined || status === null ? null : { pid: status.pid, startTicks: status.startTicks, bootId: match[1] };
}

export function processStatus(pid: number): ProcessStatus | null {
  const text = readProc(`${pid}/stat`);
  return text === null ? null : parseStat(text);
}

/** The status of exactly this process, or null once it has ended (collected or not). */
export function aliveStatus(identity: ProcessIdentity | null): ProcessStatus | null {
  if (identity === null || identity.bootId !== bootId()) return null;
  const status = processStatus(identity.pid);
  return status !== null && status.startTicks === identity.startTicks && status.state !== 'Z' && status.state !== 'X' ? status : null;
}

let knownBootId: string | undefined;

function bootId(): string {
  knownBootId ??= (readProc('sys/kernel/random/boot_id') ?? '').trim();
  return knownBootId;
}

/** Every process, ended ones left out. */
function pids(): number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number);
}

/** A process that has to do with an instance's directory. */
export interface Occupant {
  readonly pid: number;
  readonly uid: number;
  /** Holds the instance's lock as the launcher handed it down (descriptor 8); false: it only stands in one of the directories. */
  readonly locks: boolean;
}

/**
 * Processes that stand in one of `directories` or hold `lock`. Compared by device and inode, so that renamed directories and processes
 * inside a container (whose paths read otherwise) are found too.
 */
export function occupants(directories: readonly string[], lock: string): Occupant[] {
  const places = new Set(directories.map(inode).filter((key) => key !== null));
  const lockKey = inode(lock);
  return pids().flatMap((pid) => {
    const place = inode(`/proc/${pid}/cwd`);
    const locks = lockKey !== null && inode(`/proc/${pid}/fd/8`) === lockKey;
    if (!locks && (place === null || !places.has(place))) return [];
    const uid = ownerOf(pid);
    return uid === null || isEnded(pid) ? [] : [{ pid, uid, locks }];
  });
}

/** Also true for one that has ended and was not collected yet. */
export function isEnded(pid: number): boolean {
  return 'ZX'.includes(processStatus(pid)?.state ?? 'X');
}

/** Its real uid. Not the owner of its directory: a process that lets nobody look into it has one that is root's. */
function ownerOf(pid: number): number | null {
  const uid = /^Uid:\s+(\d+)/m.exec(readProc(`${pid}/status`) ?? '')?.[1];
  return uid === undefined ? null : Number(uid);
}

/** Processes of a user, those left out that serve the instance of another lock. */
export function processesOfUser(uid: number, lock: string): number[] {
  return pids().filter((pid) => ownerOf(pid) === uid && !isEnded(pid) && !holdsOtherLock(pid, lock));
}

/** A lock is a file that only we can open, so nobody else can pretend to hold one: they have it from the launcher. */
function holdsOtherLock(pid: number, lock: string): boolean {
  try {
    const held = `/proc/${pid}/fd/8`;
    const { uid, mode } = statSync(held);
    return uid === process.getuid?.() && (mode & 0o777) === 0o600 && readlinkSync(held).endsWith('/lock') && inode(held) !== inode(lock);
  } catch {
    return false; // nothing there, or it ended just now
  }
}

/** `pid` and all that descend from it now. */
export function descendants(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const one of pids()) {
    const parent = processStatus(one)?.parent;
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), one]);
  }
  const found = [pid];
  for (const one of found) found.push(...(children.get(one) ?? [])); // grows while we walk it; a tree, so it ends
  return found;
}

/** Proportional share of memory of a process, bytes; 0 where it cannot be read. */
export function processMemory(pid: number): number {
  const match = /^Pss:\s+(\d+) kB/m.exec(readProc(`${pid}/smaps_rollup`) ?? '');
  return Number(match?.[1] ?? 0) * 1024;
}

/** What a link in /proc leads to, for messages. */
export function programOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    return `process ${pid}`; // only a text
  }
}

function inode(path: string): string | null {
  try {
    const { dev, ino } = statSync(path);
    return `${dev}:${ino}`;
  } catch {
    return null; // it has ended, or is not ours to look at: then it is none of ours either
  }
}

function readProc(name: string): string | null {
  try {
    return readFileSync(`/proc/${name}`, 'utf8');
  } catch (error) {
    if (isMissing(error) || (error instanceof Error && 'code' in error && error.code === 'EACCES')) return null;
    throw error;
  }
}
