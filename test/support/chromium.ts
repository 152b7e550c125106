import axe from 'axe-core';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { chromium, type Page } from 'playwright-core';

/** Of the last run: for people to look at. */
const ARTIFACTS = path.resolve(import.meta.dirname, '../../artifacts/console');
const NARROW = { width: 360, height: 740 };
const USUAL = { width: 1280, height: 800 };
/** Of a large screen: whether the page still holds together. Colours are those of the others. */
const WIDE = { width: 1920, height: 1080 };
/** Contrast hangs on the scheme, order and size on the width: two of them show both, and are looked at closely. */
const SIGHTS = [
  { size: NARROW, colorScheme: 'light', closely: true }, { size: NARROW, colorScheme: 'dark', closely: false },
  { size: WIDE, colorScheme: 'light', closely: false },
  { size: USUAL, colorScheme: 'light', closely: false }, { size: USUAL, colorScheme: 'dark', closely: true },
] as const;

/**
 * From now on nothing on the page changes slowly: a colour that is inherited would change one level of the page after the other, each with a transition
 * of its own, for seconds. The page's policy allows no styles of others; those that a script adopts are not subject to it.
 */
const STILL = `{
  globalThis.still = new CSSStyleSheet();
  globalThis.still.replaceSync('*, ::before, ::after { transition: none !important; }');
  document.adoptedStyleSheets.push(globalThis.still);
}`;
const AS_IT_WAS = 'document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => sheet !== globalThis.still)';
/** What has changed was laid out and painted, and what watches that (charts, whatever hangs on the width) has followed. */
const PAINTED = 'new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(() => resolve(null)))))';

/** A person's browser window. */
export interface Window extends AsyncDisposable {
  readonly page: Page;
  /** What its pages and the browser complained of: faults of scripts, what the policy refused, ... */
  readonly complaints: readonly string[];
  /** Looks at the page as it is, narrow and wide, light and dark: keeps pictures. @returns what is wrong with it for people who cannot see or use it well, and what runs over its edge */
  look(name: string): Promise<string[]>;
  /** Another tab of the same person: what the browser keeps is theirs together. */
  tab(): Promise<Page>;
}

/** One browser for several people, each with cookies and storage of their own. */
export interface People extends AsyncDisposable {
  /** The window of one more person. */
  window(): Promise<Window>;
}

export interface BrowserOptions {
  /** Tests of issuers with certificates of their own: what they show is believed. */
  readonly believesEveryCertificate?: boolean;
}

/** Of Chromium. There is nothing but this machine: who asks for what is elsewhere (a font, a script) asks in vain, and the browser complains. */
const ARGS = ['--no-sandbox', '--disable-dev-shm-usage', '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1'];

/** Debian's Chromium, without a sandbox, as tests may run as root. Pages of `origin` may use the clipboard. */
export async function openBrowser(origin: string, { believesEveryCertificate = false }: BrowserOptions = {}): Promise<People> {
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGS });
  return {
    async window() {
      const context = await browser.newContext({ viewport: USUAL, locale: 'en-GB', ignoreHTTPSErrors: believesEveryCertificate });
      await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin });
      const complaints: string[] = [];
      const tab = async (): Promise<Page> => {
        const page = await context.newPage();
        page.setDefaultTimeout(30_000);
        page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) complaints.push(`${message.text()} (${page.url()})`); });
        page.on('pageerror', (error) => complaints.push(error.message));
        return page;
      };
      const page = await tab();
      return { page, complaints, tab, look: (name) => look(page, name), [Symbol.asyncDispose]: () => context.close() };
    },
    [Symbol.asyncDispose]: () => browser.close(),
  };
}

/** A browser for one person. */
export async function openWindow(origin: string, options?: BrowserOptions): Promise<Window> {
  await using failed = new AsyncDisposableStack();
  const people = failed.use(await openBrowser(origin, options));
  const window = await people.window();
  failed.move();
  return { ...window, [Symbol.asyncDispose]: () => people[Symbol.asyncDispose]() };
}

async function look(page: Page, name: string): Promise<string[]> {
  await mkdir(ARTIFACTS, { recursive: true });
  const faults: string[] = [];
  await page.evaluate(STILL);
  for (const { size, colorScheme, closely } of SIGHTS) {
    await page.setViewportSize(size);
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    // What lies half under the header, by where the page happens to be scrolled to, would be too small to touch.
    await page.evaluate('scrollTo(0, 0)');
    await page.evaluate(PAINTED);
    const found = [...(closely ? await barriersOn(page) : []), ...(await overrunOf(page))];
    faults.push(...found.map((fault) => `${name}, ${size.width} px, ${colorScheme}: ${fault}`));
    await page.screenshot({ path: path.join(ARTIFACTS, `${name}-${size.width}-${colorScheme}.png`), fullPage: true });
  }
  await page.evaluate(AS_IT_WAS);
  return faults;
}

/** What keeps people with disabilities from using the page, by axe. */
export async function barriersOn(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(async () => (globalThis as unknown as { axe: typeof axe }).axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
  // An open menu lies beside all landmarks, by Material's design, and is one of its own by its role.
  const real = violations.filter(({ id, nodes }) => id !== 'region' || nodes.some(({ html }) => !html.includes('cdk-overlay-container')));
  return real.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(' ').slice(0, 600)}`);
}

async function overrunOf(page: Page): Promise<string[]> {
  const beyond = await page.evaluate<number>('Math.max(0, document.documentElement.scrollWidth - innerWidth)');
  return beyond > 0 ? [`it is ${beyond} px wider than the window`] : [];
}
