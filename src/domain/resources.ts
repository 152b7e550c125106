import type { Resources } from './instance/instance.ts';
import type { TemplateResources } from './template/template.ts';

const MIB = 1024 * 1024;
const UNITS: Readonly<Record<string, number>> = { B: 1, K: 1024, M: MIB, G: 1024 * MIB, T: 1024 * 1024 * MIB };

/** What one instance may ask for, both ends included. */
export const RESOURCE_LIMITS = {
  memoryBytes: { min: 32 * MIB, max: 64 * 1024 * MIB },
  cpus: { min: 0.1, max: 32 },
  pids: { min: 16, max: 4096 },
} as const;

/** Of a template that says nothing about resources. */
export const DEFAULT_RESOURCES: Resources = { memoryBytes: 256 * MIB, cpus: 1, pids: 256 };

/**
 * `512MB`, `512MiB`, `512M` or 536870912 -> bytes. Units are powers of 1024, as everywhere in the world of containers.
 * undefined: not an amount of memory.
 */
export function parseMemory(value: string | number): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
  const match = /^(\d{1,12}(?:\.\d{1,3})?) ?(B|[KMGT](?:i?B)?)?$/i.exec(value);
  const bytes = Math.round(Number(match?.[1]) * (UNITS[(match?.[2] ?? 'B').charAt(0).toUpperCase()] ?? 1));
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** For texts: 536870912 -> `512 MiB`, 1610612736 -> `1.5 GiB`. */
export function formatMemory(bytes: number): string {
  const [size, unit] = bytes >= 1024 * MIB ? [1024 * MIB, 'GiB'] : [MIB, 'MiB'];
  return `${String(Math.round((bytes / size) * 100) / 100)} ${unit}`;
}

/** Text of what is wrong, or null. */
export function memoryProblem(bytes: number | undefined): string | null {
  const { min, max } = RESOURCE_LIMITS.memoryBytes;
  if (bytes === undefined) return 'must be an amount of memory such as 512MB, 1GB or a whole number of bytes';
  return bytes < min || bytes > max ? `must be between ${formatMemory(min)} and ${formatMemory(max)}` : null;
}

/** Text of what is wrong, or null. */
export function cpusProblem(cpus: number): string | null {
  const { min, max } = RESOURCE_LIMITS.cpus;
  return cpus >= min && cpus <= max ? null : `must be between ${String(min)} and ${String(max)}`;
}

/** Text of what is wrong, or null. */
export function pidsProblem(pids: number): string | null {
  const { min, max } = RESOURCE_LIMITS.pids;
  return Number.isInteger(pids) && pids >= min && pids <= max ? null : `must be a whole number between ${String(min)} and ${String(max)}`;
}

/** Problems of what somebody asked for: JSON pointer below `base` -> text; empty when all is well. */
export function resourceProblems(asked: TemplateResources | undefined, base: string): Record<string, string> {
  const problems = {
    memory: asked?.memory === undefined ? null : memoryProblem(parseMemory(asked.memory)),
    cpus: asked?.cpus === undefined ? null : cpusProblem(asked.cpus),
    pids: asked?.pids === undefined ? null : pidsProblem(asked.pids),
  };
  return Object.fromEntries(Object.entries(problems).flatMap(([member, text]) => (text === null ? [] : [[`${base}/${member}`, text]])));
}

/** What was asked for over what the template says over our defaults. Both were validated by {@link resourceProblems}. */
export function resolveResources(asked: TemplateResources | undefined, fallback: Resources): Resources {
  return {
    memoryBytes: asked?.memory === undefined ? fallback.memoryBytes : (parseMemory(asked.memory) ?? fallback.memoryBytes),
    cpus: asked?.cpus ?? fallback.cpus,
    pids: asked?.pids ?? fallback.pids,
  };
}
