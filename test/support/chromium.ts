import axe from 'axe-core';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { chromium, type Page } from 'playwright-core';

/** Of the last run: for people to look at. */
const ARTIFACTS = path.resolve(import.meta.dirname, '../../artifacts/console');
const SIZES = [{ width: 360, height: 740 }, { width: 1280, height: 800 }] as const;
const SCHEMES = ['light', 'dark'] as const;

/** What changes slowly has changed, and is painted. */
const SETTLED = `Promise.all(document.getAnimations().filter((one) => one instanceof CSSTransition).map(({ finished }) => finished.catch(() => undefined)))
  .then(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve(null)))))`;

/** A person's browser window. */
export interface Window extends AsyncDisposable {
  readonly page: Page;
  /** What the page and the browser complained of: faults of scripts, what the policy refused, ... */
  readonly complaints: readonly string[];
  /** Looks at the page as it is, narrow and wide, light and dark: keeps pictures. @returns what is wrong with it for people who cannot see or use it well, and what runs over its edge */
  look(name: string): Promise<string[]>;
}

/** Debian's Chromium, without a sandbox, as tests may run as root. */
export async function openWindow(origin: string): Promise<Window> {
  await using failed = new AsyncDisposableStack();
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage'] });
  failed.defer(async () => browser.close());
  const context = await browser.newContext({ viewport: SIZES[1], locale: 'en-GB' });
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const complaints: string[] = [];
  page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) complaints.push(`${message.text()} (${page.url()})`); });
  page.on('pageerror', (error) => complaints.push(error.message));
  await mkdir(ARTIFACTS, { recursive: true });
  const opened = failed.move();
  return {
    page,
    complaints,
    async look(name) {
      const faults: string[] = [];
      for (const size of SIZES) {
        await page.setViewportSize(size);
        for (const colorScheme of SCHEMES) {
          await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
          await page.evaluate(SETTLED);
          // Contrast hangs on the scheme, order and size on the width: two of the four show both.
          if ((size === SIZES[0]) === (colorScheme === 'light')) faults.push(...(await faultsOf(page)).map((fault) => `${name}, ${size.width} px, ${colorScheme}: ${fault}`));
          await page.screenshot({ path: path.join(ARTIFACTS, `${name}-${size.width}-${colorScheme}.png`), fullPage: true });
        }
      }
      return faults;
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

async function faultsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(async () => (globalThis as unknown as { axe: typeof axe }).axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
  const beyond = await page.evaluate<number>('Math.max(0, document.documentElement.scrollWidth - innerWidth)');
  // An open menu lies beside all landmarks, by Material's design, and is one of its own by its role.
  const real = violations.filter(({ id, nodes }) => id !== 'region' || nodes.some(({ html }) => !html.includes('cdk-overlay-container')));
  return [
    ...real.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(' ').slice(0, 600)}`),
    ...(beyond > 0 ? [`it is ${beyond} px wider than the window`] : []),
  ];
}
