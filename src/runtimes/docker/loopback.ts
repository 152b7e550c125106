/**
 * The loopback address at which an instance's TCP port is published: one that no other instance of ours has (on Linux all of 127/8 leads to this host).
 * Docker picks the port anew at each start, and after a restart of the engine it may be the one that a neighbour had: at one address for all, a
 * gateway that has not heard of it yet would let a stranger in there. At an address of its own, an old port leads nowhere. macOS has 127.0.0.1 alone.
 * @param ordinal unique to the instance on this host, 1 to 65,535
 */
export function loopbackOf(ordinal: number, platform: NodeJS.Platform = process.platform): string {
  return platform === 'linux' ? `127.77.${String(ordinal >> 8)}.${String(ordinal & 255)}` : '127.0.0.1';
}
