/** How soon and how smoothly a list of the console is there, as the browser itself tells. */
import type { CDPSession, Page } from 'playwright-core';
import { waitFor } from '../../support/wait.ts';

/** Elements that are rows: of one's own databases, of everybody's. */
export type ListRow = 'dbm-database-row' | 'dbm-owned-row';

/** Scripts and styles of the page so far, as they are served to those who take gzip: this browser may take something smaller. */
export async function bytesLoaded(page: Page): Promise<number> {
  const addresses = await page.evaluate<string[]>("performance.getEntriesByType('resource').map(({ name }) => name).filter((name) => /\\.(js|css)$/.test(name))");
  const sizes = await Promise.all([...new Set(addresses)].map(async (address) => {
    const { headers, body } = await fetch(address, { headers: { 'accept-encoding': 'gzip' } });
    await body?.cancel();
    if (headers.get('content-encoding') !== 'gzip') throw new Error(`${address} is not served as gzip`);
    return Number(headers.get('content-length'));
  }));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** For every page that is loaded from now on: notes when the first row has been painted, milliseconds after the navigation began. */
export async function noteFirstRow(page: Page, row: ListRow): Promise<void> {
  await page.addInitScript(`{
    const look = new MutationObserver(() => {
      if (document.querySelector('${row}') === null) return;
      look.disconnect();
      requestAnimationFrame(() => requestAnimationFrame(() => { globalThis.firstRowAt = performance.now(); }));
    });
    look.observe(document, { childList: true, subtree: true });
  }`);
}

/** Loads a page with a list, see {@link noteFirstRow}. `isCold`: nothing of it is in the browser's cache. @returns milliseconds from the navigation to the first row that is painted */
export async function firstPaint(page: Page, url: string, isCold: boolean): Promise<number> {
  await page.goto('about:blank');
  if (isCold) await withDevtools(page, (devtools) => devtools.send('Network.clearBrowserCache'));
  await page.goto(url);
  return waitFor(() => page.evaluate<number | null>('globalThis.firstRowAt ?? null'), { what: 'the first row of the list', timeoutMs: 60_000 });
}

export interface Frames {
  /** Milliseconds between two. */
  readonly times: readonly number[];
  /** Share of the frames that there should have been at 60 a second, 0 to 1. */
  readonly dropped: number;
  /** What one costs the page's own thread, milliseconds of CPU: also where others keep the machine busy. */
  readonly cpuMs: number;
}

const FRAME_MS = 1000 / 60;

/** Scrolls the page to its end and back again for so long, a row or two each frame, and looks how its frames come. */
export async function scrollFrames(page: Page, ms: number): Promise<Frames> {
  return withDevtools(page, async (devtools) => {
    await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
    const before = await busyMs(devtools);
    const times = await page.evaluate<number[]>(`new Promise((resolve) => {
      const times = [];
      let last = performance.now();
      const end = last + ${ms};
      let step = 120;
      const frame = (now) => {
        times.push(now - last);
        last = now;
        const from = scrollY;
        scrollBy({ top: step, behavior: 'instant' });
        if (scrollY === from) step = -step;
        if (now < end) requestAnimationFrame(frame);
        else resolve(times.slice(2));
      };
      requestAnimationFrame(frame);
    })`);
    const cpuMs = (await busyMs(devtools)) - before;
    const missed = times.reduce((sum, time) => sum + Math.max(0, Math.round(time / FRAME_MS) - 1), 0);
    return { times, dropped: missed / (missed + times.length), cpuMs: cpuMs / times.length };
  });
}

/** In how many rows of the list something changes while `act` happens; the list around them counts as one. */
export async function rowsTouched(page: Page, row: ListRow, act: () => Promise<void>): Promise<number> {
  await page.evaluate(`{
    globalThis.touched = new Set();
    globalThis.watching = new MutationObserver((records) => {
      for (const { target } of records) globalThis.touched.add((target.nodeType === Node.ELEMENT_NODE ? target : target.parentElement).closest('li'));
    });
    globalThis.watching.observe(document.querySelector('${row}').closest('ul'), { subtree: true, childList: true, attributes: true, characterData: true });
  }`);
  await act();
  return page.evaluate<number>('globalThis.watching.disconnect(), globalThis.touched.size');
}

async function busyMs(devtools: CDPSession): Promise<number> {
  const { metrics } = await devtools.send('Performance.getMetrics');
  return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0) * 1000;
}

async function withDevtools<T>(page: Page, work: (devtools: CDPSession) => Promise<T>): Promise<T> {
  const devtools = await page.context().newCDPSession(page);
  try {
    return await work(devtools);
  } finally {
    await devtools.detach();
  }
}
