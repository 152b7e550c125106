import { DatePipe } from '@angular/common';
import { Component, computed, effect, inject, input, resource, untracked } from '@angular/core';
import { RouterLink } from '@angular/router';
import { Api, answered } from '../../api/api';
import type { Database } from '../../api/types';
import { BytesPipe } from '../../ui/bytes';
import { durationText } from '../../ui/duration';
import { Now } from '../../ui/now';
import { TimeFromNowPipe } from '../../ui/time-from-now';

/** How large it is, who may connect, and what its policies will do to it, and when. */
@Component({
  selector: 'dbm-outlook-card',
  imports: [BytesPipe, DatePipe, RouterLink, TimeFromNowPipe],
  template: `
    @let one = database();
    @let ahead = outlook.hasValue() ? outlook.value() : null;
    <section class="dbm-card" aria-labelledby="outlook-title">
      <div class="dbm-row">
        <h2 id="outlook-title" i18n>Size, sleep and cleanup</h2>
        @if (canChange()) { <a class="dbm-push" routerLink="settings" i18n>Change</a> }
      </div>
      <dl>
        <div><dt i18n>Size</dt><dd>{{ one.resources.memoryBytes | bytes }}, <ng-container i18n>{one.resources.cpus, plural, =1 {1 CPU} other {{{ one.resources.cpus }} CPUs}}</ng-container></dd></div>
        <div>
          <dt i18n>Sleep</dt>
          <dd>
            @if (one.sleepAfter === 'never') { <span i18n>It never sleeps on its own.</span> }
            @else { <span i18n>It sleeps after {{ text(one.sleepAfter) }} without use; the next connection wakes it.</span> }
            @if (ahead?.open) { <span class="dbm-quiet" i18n>It is in use: {ahead?.open, plural, =1 {1 connection is} other {{{ ahead?.open }} connections are}} open.</span> }
            @else if (ahead?.sleepsAt; as at) { <span class="dbm-quiet"><ng-container i18n>If nobody uses it, it sleeps</ng-container> {{ at | timeFromNow }}, {{ at | date: 'd MMM, HH:mm' }}.</span> }
          </dd>
        </div>
        <div>
          <dt i18n>Cleanup</dt>
          <dd>
            @if (one.removeAfter === 'never' && one.expiresAt === null) { <span i18n>It is never removed automatically.</span> }
            @if (one.removeAfter !== 'never') { <span i18n>It is removed after {{ text(one.removeAfter) }} without use, with a warning before and a final backup.</span> }
            @if (one.expiresAt; as at) { <span><ng-container i18n>It is removed on</ng-container> {{ at | date: 'd MMMM y, HH:mm' }}<ng-container i18n>, used or not.</ng-container></span> }
            @if (ahead?.removedAt; as at) { <strong class="removed"><ng-container i18n>As things stand, it will be removed on</ng-container> {{ at | date: 'EEEE, d MMMM y, HH:mm' }} ({{ at | timeFromNow }}).</strong> }
          </dd>
        </div>
        <div>
          <dt i18n>Who may connect</dt>
          <dd>
            @if (one.allowedSources.length === 0) { <span i18n>Anyone with the password, from anywhere.</span> }
            @else { <span><ng-container i18n>Anyone with the password, from</ng-container> {{ one.allowedSources.join(', ') }}.</span> }
            @if (one.tlsOnly) { <span i18n>Over TLS only.</span> }
          </dd>
        </div>
      </dl>
    </section>
  `,
  styles: `
    dl { display: grid; gap: 12px; margin: 0; }
    dt { color: var(--mat-sys-on-surface-variant); font: var(--mat-sys-label-medium); }
    dd { margin: 0; display: grid; gap: 2px; overflow-wrap: anywhere; }
    .removed { font-weight: 500; }
  `,
})
export class OutlookCard {
  readonly #client = inject(Api).client;
  readonly #now = inject(Now);
  readonly database = input.required<Database>();
  readonly canChange = input.required<boolean>();
  readonly #id = computed(() => this.database().id);
  readonly #changed = computed(() => this.database().updatedAt);
  /** It is an extra: without it the rules are still told. */
  protected readonly outlook = resource({
    params: () => this.#id(),
    loader: async ({ params: id }) => answered(this.#client.GET('/api/containers/{id}/outlook', { params: { path: { id } } })),
  });
  protected readonly text = durationText;

  constructor() {
    // Each use puts it off.
    effect(() => {
      this.#now.time();
      this.#changed();
      untracked(() => this.outlook.reload());
    });
  }
}
