import { DOCUMENT, inject, Service } from '@angular/core';
import { NavigationEnd, Router } from '@angular/router';

const pathOf = (url: string): string => url.split(/[?#]/, 1)[0] ?? '';

/** Where one is after a page has changed: at its heading, as in a page that was loaded; else whoever does not see it is left at its end. */
@Service()
export class PageFocus {
  readonly #document = inject(DOCUMENT);
  /** Had the focus when the page changed; undefined: no page did. */
  #before: Element | null | undefined;
  #path: string | null = null;

  constructor() {
    inject(Router).events.subscribe((event) => {
      if (!(event instanceof NavigationEnd)) return;
      const path = pathOf(event.urlAfterRedirects);
      // The first page was loaded: there the browser's own beginning is right.
      if (this.#path !== null && this.#path !== path) this.#before = this.#document.activeElement;
      this.#path = path;
    });
  }

  /** The first heading that comes after a page changed gets the focus, unless somebody is somewhere else by now. */
  come(heading: HTMLElement): void {
    const before = this.#before;
    this.#before = undefined;
    const { activeElement, body } = this.#document;
    if (before !== undefined && (activeElement === null || activeElement === body || activeElement === before)) heading.focus({ preventScroll: true });
  }
}
