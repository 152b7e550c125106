import { afterNextRender, Directive, ElementRef, inject } from '@angular/core';
import { PageFocus } from './page-focus';

/** Heading of a page or of a tab: gets the focus when that has come. */
@Directive({ selector: '[dbmPageHeading]', host: { tabindex: '-1' } })
export class PageHeading {
  constructor() {
    const focus = inject(PageFocus);
    const { nativeElement: heading } = inject<ElementRef<HTMLElement>>(ElementRef);
    afterNextRender(() => focus.come(heading));
  }
}
