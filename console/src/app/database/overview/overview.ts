import { Component, inject } from '@angular/core';
import { mayManage, mayUse } from '../../api/rights';
import { PageHeading } from '../../shell/page-heading';
import { CurrentDatabase } from '../current-database';
import { ConnectionCard } from './connection-card';
import { OutlookCard } from './outlook-card';
import { ProgressCard } from './progress-card';
import { Timeline } from './timeline';

/** What most people come for: is it there, how do I connect, what becomes of it, what happened. */
@Component({
  selector: 'dbm-overview',
  imports: [ConnectionCard, OutlookCard, PageHeading, ProgressCard, Timeline],
  template: `
    @if (current.database(); as database) {
      <div class="columns">
        <div class="column">
          <dbm-progress-card [database]="database" />
          @if (mayUse(database.access)) { <dbm-connection-card [database]="database" /> } @else {
            <section class="dbm-card" aria-labelledby="no-connection-title">
              <h2 id="no-connection-title" dbmPageHeading i18n>Connection</h2>
              <p i18n>You can see this database: its state, figures, log and history. To connect to it, ask {{ database.owner }} to make you an operator.</p>
            </section>
            <dbm-timeline [databaseId]="database.id" />
          }
        </div>
        <div class="column">
          @if (database.status !== 'deleting') { <dbm-outlook-card [database]="database" [canChange]="mayManage(database.access)" /> }
          @if (mayUse(database.access)) { <dbm-timeline [databaseId]="database.id" /> }
        </div>
      </div>
    }
  `,
  styles: `
    .columns, .column { display: grid; gap: 16px; align-content: start; min-width: 0; }
    @media (min-width: 1000px) { .columns { grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); } }
  `,
})
export class Overview {
  protected readonly current = inject(CurrentDatabase);
  protected readonly mayUse = mayUse;
  protected readonly mayManage = mayManage;
}
