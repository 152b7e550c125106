/**
 * Milliseconds of the quickest of some times: what a busy machine does beside them slows down one, not all. At least `tries` times, and more, up
 * to `most`, until one took less than `bound`.
 */
export async function quickest(work: () => Promise<void>, { tries, most = tries, bound = Infinity }: { tries: number; most?: number; bound?: number }): Promise<number> {
  let least = Infinity;
  for (let count = 0; count < tries || (count < most && least >= bound); count += 1) {
    const began = performance.now();
    await work();
    least = Math.min(least, performance.now() - began);
  }
  return least;
}
