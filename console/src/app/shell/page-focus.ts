import { DOCUMENT, inject, Service } from '@angular/core';
import { NavigationEnd, NavigationStart, Router } from '@angular/router';

const pathOf = (url: string): string => url.split(/[?#]/, 1)[0] ?? '';

/** Where one is after a page has changed: at its heading, as in a page that was loaded; else whoever does not see it is left at its end. */
@Service()
export class PageFocus {
  readonly #document = inject(DOCUMENT);
  /** Headings that have come since somebody began to go elsewhere. */
  #fresh: HTMLElement[] = [];
  /** Had the focus when the page had changed; undefined: none did, or its heading has the focus by now. */
  #before: Element | null | undefined;
  #path: string | null = null;

  constructor() {
    inject(Router).events.subscribe((event) => {
      if (event instanceof NavigationStart) {
        this.#fresh = [];
        this.#before = undefined;
      }
      if (!(event instanceof NavigationEnd)) return;
      const path = pathOf(event.urlAfterRedirects);
      // The first page was loaded: there the browser's own beginning is right.
      if (this.#path !== null && this.#path !== path) this.#before = this.#document.activeElement;
      this.#path = path;
      this.#settle();
    });
  }

  /** A heading that is there now; some of a page come together, some later, when what they are of has been fetched. */
  come(heading: HTMLElement): void {
    this.#fresh.push(heading);
    queueMicrotask(() => this.#settle());
  }

  /** The first of the page gets the focus, unless somebody is somewhere in the page by now. */
  #settle(): void {
    const before = this.#before;
    const [first] = this.#fresh.filter((heading) => heading.isConnected).sort((a, b) => ((a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING) === 0 ? 1 : -1));
    if (before === undefined || first === undefined) return;
    this.#before = undefined;
    const { activeElement, body } = this.#document;
    if (activeElement === null || activeElement === body || activeElement === before) first.focus({ preventScroll: true });
  }
}
