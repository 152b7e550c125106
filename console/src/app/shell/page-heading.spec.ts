import { Component } from '@angular/core';
import { TestBed } from '@angular/core/testing';
import { provideRouter, Router, RouterLink, RouterOutlet } from '@angular/router';
import { PageFocus } from './page-focus';
import { PageHeading } from './page-heading';

@Component({ imports: [PageHeading, RouterLink], template: '<h1 dbmPageHeading id="one">{{ 1 }}</h1><a routerLink="/two" aria-label="on"></a><a routerLink="." [queryParams]="{ x: 1 }" class="same" aria-label="same"></a>' })
class One {}

@Component({ imports: [PageHeading], template: '<h1 dbmPageHeading id="two">{{ 2 }}</h1><h2 dbmPageHeading id="tab">{{ 3 }}</h2>' })
class Two {}

@Component({ imports: [RouterOutlet], template: '<router-outlet />' })
class Frame {}

describe('the heading of a page', () => {
  it('gets the focus when somebody comes to it, and not when the page is loaded or only its parameters change', async () => {
    TestBed.configureTestingModule({ providers: [provideRouter([{ path: '', component: One }, { path: 'two', component: Two }])] });
    TestBed.inject(PageFocus);
    const fixture = TestBed.createComponent(Frame);
    document.body.append(fixture.nativeElement as HTMLElement);
    const element = fixture.nativeElement as HTMLElement;
    await TestBed.inject(Router).navigateByUrl('/');
    await fixture.whenStable();
    expect(document.activeElement).toBe(document.body);
    const link = (selector: string): HTMLElement => element.querySelector<HTMLElement>(selector) ?? expect.fail(selector);
    link('.same').focus();
    link('.same').click();
    await fixture.whenStable();
    expect(document.activeElement).toBe(link('.same'));
    link('a').focus();
    link('a').click();
    await fixture.whenStable();
    expect(document.activeElement?.id).toBe('two');
  });
});
