import { DatePipe } from '@angular/common';
import { Component, computed, effect, inject, linkedSignal, resource, untracked } from '@angular/core';
import { MatButtonModule } from '@angular/material/button';
import { MatProgressBarModule } from '@angular/material/progress-bar';
import { RouterLink } from '@angular/router';
import { Api, answered } from '../../api/api';
import { toApiError } from '../../api/api-error';
import type { DatabaseState, Monitoring } from '../../api/types';
import { LiveDatabases } from '../../live/live-databases';
import { AmountBar } from '../../ui/amount-bar';
import { formatBytes } from '../../ui/bytes';
import { Icon } from '../../ui/icon';
import { ProblemNote } from '../../ui/problem';
import { STATES } from '../../ui/state-looks';
import { ofText } from '../../ui/usage';
import type { Amount } from '../../ui/usage';
import { warningsOf } from './warnings';
import { placeText, runtimeText, workerText } from './words';

interface Answer {
  readonly figures: Monitoring;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** What the platform holds, what the machine has left, and whether those who do the work live. As it was when the page was opened, or asked anew. */
@Component({
  selector: 'dbm-capacity-page',
  imports: [AmountBar, DatePipe, Icon, MatButtonModule, MatProgressBarModule, ProblemNote, RouterLink],
  templateUrl: './capacity-page.html',
  styleUrl: './capacity-page.scss',
})
export class CapacityPage {
  readonly #client = inject(Api).client;
  protected readonly asked = resource({ loader: async () => ({ figures: await answered(this.#client.GET('/api/monitoring')), at: Date.now() }) });
  /** The last there was: figures of a minute ago are better than none. */
  readonly #answer = linkedSignal<Answer | null, Answer | null>({ source: () => (this.asked.hasValue() ? this.asked.value() : null), computation: (now, before) => now ?? before?.value ?? null });
  protected readonly problem = computed(() => { const error = this.asked.error(); return error === undefined ? null : toApiError(error); });
  protected readonly figures = computed(() => this.#answer()?.figures ?? null);
  protected readonly at = computed(() => this.#answer()?.at ?? 0);
  protected readonly warnings = computed(() => { const figures = this.figures(); return figures === null ? [] : warningsOf(figures); });
  protected readonly states = computed(() => (Object.keys(STATES) as DatabaseState[]).map((state) => ({ state, looks: STATES[state], count: this.figures()?.instances.byStatus[state] ?? 0 })));
  protected readonly amounts = computed<Amount[]>(() => {
    const figures = this.figures();
    if (figures === null) return [];
    const { promised, ports, capacity: { memory, cpus, disks } } = figures;
    const used = (label: string, whole: number, left: number): Amount => ({ label, words: ofText(formatBytes(whole - left), formatBytes(whole)), taken: whole - left, whole });
    const places = ports.to - ports.from + 1;
    return [
      ...(memory === null ? [] : [
        { label: $localize`Memory promised`, words: ofText(formatBytes(promised.memoryBytes), formatBytes(memory.totalBytes)), taken: promised.memoryBytes, whole: memory.totalBytes },
        used($localize`Memory in use overall`, memory.totalBytes, memory.availableBytes),
      ]),
      ...(cpus === null ? [] : [{ label: $localize`CPUs promised`, words: ofText(promised.cpus.toLocaleString(), cpus.toLocaleString()), taken: promised.cpus, whole: cpus }]),
      ...disks.map(({ place, freeBytes, totalBytes }) => used($localize`Disk for ${placeText(place)}:place:`, totalBytes, freeBytes)),
      { label: $localize`Ports in use or at rest`, words: ofText((places - ports.free).toLocaleString(), places.toLocaleString()), taken: places - ports.free, whole: places },
    ];
  });
  protected readonly workers = computed(() => (this.figures()?.workers ?? []).map((worker) => ({ ...worker, text: workerText(worker), runtime: runtimeText(worker) })));

  constructor() {
    const live = inject(LiveDatabases);
    let was = live.state();
    effect(() => {
      const state = live.state();
      // The server was away: what it does now may be another matter.
      if (was === 'reconnecting' && state === 'live') untracked(() => this.asked.reload());
      was = state;
    });
  }
}
