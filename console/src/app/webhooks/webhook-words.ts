import type { Delivery, Webhook } from '../api/types';
import type { Looks } from '../ui/state-looks';

/** Whether it is on, and why not. */
export function webhookLooks({ enabled, disabledReason, failingSince }: Pick<Webhook, 'enabled' | 'disabledReason' | 'failingSince'>): Looks {
  if (enabled) return failingSince === null ? { icon: 'good', text: $localize`On`, tone: 'good' } : { icon: 'warning', text: $localize`On, but nothing gets through`, tone: 'warn' };
  switch (disabledReason) {
    case null: return { icon: 'stopped', text: $localize`Paused`, tone: 'rest' };
    case 'gone': return { icon: 'alert', text: $localize`Switched off: its receiver said that it is gone`, tone: 'bad' };
    case 'failing': return { icon: 'alert', text: $localize`Switched off: nothing got through for days`, tone: 'bad' };
    case 'demoted': return { icon: 'alert', text: $localize`Switched off: who answers for it is no admin any more`, tone: 'bad' };
    default: return { icon: 'alert', text: $localize`Switched off automatically`, tone: 'bad' };
  }
}

export function deliveryLooks({ state, attempts, lastTriedAt }: Pick<Delivery, 'state' | 'attempts' | 'lastTriedAt'>): Looks {
  switch (state) {
    case 'delivered': return { icon: 'good', text: $localize`Delivered`, tone: 'good' };
    case 'gave_up': return { icon: 'alert', text: $localize`Given up`, tone: 'bad' };
    case 'pending': return attempts === 0 || lastTriedAt === null ? { icon: 'progress', text: $localize`Waiting`, tone: 'busy' } : { icon: 'warning', text: $localize`Retrying`, tone: 'warn' };
  }
}

/** What came of the last try, in one line; null: nothing to say. */
export function answerText({ lastStatus, lastError, state }: Pick<Delivery, 'lastStatus' | 'lastError' | 'state'>): string | null {
  if (lastError !== null) return lastError;
  return lastStatus === null || state === 'pending' ? null : $localize`The receiver answered ${lastStatus}:status:.`;
}
