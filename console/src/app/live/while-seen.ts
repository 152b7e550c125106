/**
 * `begin` is called whenever somebody can see the page, `pause` when nobody can: a browser opens six connections to a server that has no HTTP/2, and
 * each tab that keeps one open leaves fewer for the others.
 * @returns ends it, without a call
 */
export function whileSeen(begin: () => void, pause: () => void): () => void {
  let isSeen = false;
  const look = (): void => {
    const seenNow = document.visibilityState === 'visible';
    if (seenNow === isSeen) return;
    isSeen = seenNow;
    if (isSeen) begin();
    else pause();
  };
  document.addEventListener('visibilitychange', look);
  look();
  return () => document.removeEventListener('visibilitychange', look);
}
