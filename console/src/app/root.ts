import { Component, inject } from '@angular/core';
import { RouterOutlet } from '@angular/router';
import { PageFocus } from './shell/page-focus';

@Component({ selector: 'dbm-root', imports: [RouterOutlet], template: '<router-outlet />' })
export class Root {
  constructor() {
    inject(PageFocus); // hears of all pages, the first too
  }
}
