/**
 * When within a period an instance has its turn: by its id, so that they are spread evenly and each keeps its own. FNV-1a, 32 bits.
 * @returns milliseconds, 0 to periodMs - 1
 */
export function slotOf(id: string, periodMs: number): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < id.length; at += 1) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193) >>> 0;
  return hash % periodMs;
}
