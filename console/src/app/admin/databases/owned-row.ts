import { DatePipe } from '@angular/common';
import { Component, computed, input } from '@angular/core';
import { MatProgressBarModule } from '@angular/material/progress-bar';
import { RouterLink } from '@angular/router';
import type { Database } from '../../api/types';
import { BytesPipe } from '../../ui/bytes';
import { Icon } from '../../ui/icon';
import { iconOfType } from '../../ui/icons';
import { StateBadge } from '../../ui/state-badge';

/** A database of somebody, with whose it is. */
@Component({
  selector: 'dbm-owned-row',
  imports: [BytesPipe, DatePipe, MatProgressBarModule, RouterLink, Icon, StateBadge],
  template: `
    @let one = database();
    <a [routerLink]="['/databases', one.id]">
      <dbm-icon class="type" [name]="icon()" />
      <span class="name"><strong>{{ one.name }}</strong><span class="slug">{{ one.slug }}</span></span>
      <span class="owner"><dbm-icon name="account" /><span class="cdk-visually-hidden" i18n>Owner:</span><span>{{ one.owner }}</span></span>
      <dbm-state-badge [database]="one" />
      <span class="detail">{{ one.template }} {{ one.version }}</span>
      <span class="detail">{{ one.resources.memoryBytes | bytes }}</span>
      <span class="detail"><ng-container i18n>since</ng-container> {{ one.since | date: 'd MMM, HH:mm' }}</span>
      @if (one.reason; as reason) { <span class="reason">{{ reason.message }}</span> }
    </a>
    @if (one.progress; as progress) {
      <mat-progress-bar [mode]="progress.fraction === undefined ? 'indeterminate' : 'determinate'" [value]="(progress.fraction ?? 0) * 100" [attr.aria-label]="progress.message" />
    }
  `,
  styles: `
    :host { display: block; overflow: hidden; background: var(--mat-sys-surface-container-low); border: 1px solid var(--mat-sys-outline-variant); border-radius: 12px; }
    a { display: grid; grid-template-columns: auto minmax(0, 1fr) auto; gap: 4px 12px; align-items: center; padding: 8px 16px; color: inherit; text-decoration: none; }
    a:hover { background: var(--mat-sys-surface-container-high); }
    a:focus-visible { outline-offset: -2px; border-radius: 12px; }
    .type { font-size: 1.5rem; color: var(--mat-sys-primary); }
    .name { display: grid; min-width: 0; }
    .name > *, .owner > span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    .owner { display: inline-flex; gap: 4px; align-items: center; min-width: 0; max-width: 8rem; }
    .owner dbm-icon, .slug, .detail { color: var(--mat-sys-on-surface-variant); }
    .slug, .detail { font: var(--mat-sys-body-small); }
    .detail { display: none; }
    dbm-state-badge, .reason { grid-column: 2 / -1; }
    .reason { color: var(--mat-sys-on-surface-variant); overflow-wrap: anywhere; }
    @media (min-width: 900px) {
      a { grid-template-columns: auto minmax(0, 1fr) 8rem 13rem 8rem 5rem 8rem; }
      dbm-state-badge { grid-column: auto; }
      .detail { display: block; }
      .detail ~ .detail { text-align: end; }
    }
  `,
})
export class OwnedRow {
  readonly database = input.required<Database>();
  protected readonly icon = computed(() => iconOfType(this.database().type));
}
