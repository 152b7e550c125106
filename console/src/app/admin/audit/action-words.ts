import type { AuditRecord } from '../../api/types';
import type { Looks } from '../../ui/state-looks';

/** What was done, in words; what is not here is shown as the API calls it. */
const ACTIONS: Readonly<Record<string, string>> = {
  'instance.create': $localize`Created a database`,
  'instance.change': $localize`Changed a database`,
  'instance.delete': $localize`Deleted a database`,
  'instance.start': $localize`Started a database`,
  'instance.stop': $localize`Stopped a database`,
  'instance.sleep': $localize`Put a database to sleep`,
  'instance.restart': $localize`Restarted a database`,
  'instance.rotate-password': $localize`Rotated the password of a database`,
  'instance.read-connection': $localize`Looked at the password of a database`,
  'instance.share': $localize`Shared a database with somebody`,
  'instance.unshare': $localize`Stopped sharing a database`,
  'backup.restore': $localize`Restored a backup`,
  'backup.delete': $localize`Deleted a backup`,
  'backup.download': $localize`Downloaded a backup`,
  'user.create': $localize`Added a user`,
  'user.change': $localize`Changed a user`,
  'user.password': $localize`Changed their own password`,
  'user.password-reset': $localize`Gave a user a one-time password`,
  'sign-in': $localize`Signed in with a password`,
  'session.begin': $localize`Began a session in a browser`,
  'session.end': $localize`Signed out`,
  'token.create': $localize`Created an API token`,
  'token.delete': $localize`Revoked an API token`,
  'template.create': $localize`Added a template`,
  'template.replace': $localize`Changed a template`,
  'template.test': $localize`Tried a template`,
  'template.delete': $localize`Deleted a template`,
  'webhook.create': $localize`Created a webhook`,
  'webhook.change': $localize`Changed a webhook`,
  'webhook.delete': $localize`Deleted a webhook`,
  'webhook.test': $localize`Sent a test to a webhook`,
  'webhook.retry': $localize`Sent an event to a webhook again`,
  'audit.more-refused': $localize`More was refused than is recorded`,
};

export function actionText(action: string): string {
  return ACTIONS[action] ?? action;
}

/** To choose from, by their words. */
export const ACTION_CHOICES = Object.entries(ACTIONS).map(([value, text]) => ({ value, text })).sort((a, b) => a.text.localeCompare(b.text));

export function actorText({ kind, name }: AuditRecord['actor']): string {
  switch (kind) {
    case 'user': return name;
    case 'system': return $localize`DbMaker itself`;
    case 'unknown': return $localize`Somebody who was not signed in`;
  }
}

export const OUTCOMES: Readonly<Record<AuditRecord['outcome'], Looks>> = {
  ok: { icon: 'good', text: $localize`Done`, tone: 'good' },
  refused: { icon: 'stopped', text: $localize`Refused`, tone: 'warn' },
  failed: { icon: 'alert', text: $localize`Failed`, tone: 'bad' },
  begun: { icon: 'progress', text: $localize`Begun, end not known`, tone: 'rest' },
};

export const OUTCOME_CHOICES = Object.entries(OUTCOMES).map(([value, { text }]) => ({ value, text }));

/** Members of what was asked for, as lines of text. */
export function detailLines(detail: AuditRecord['detail']): { readonly name: string; readonly value: string }[] {
  return Object.entries(detail).map(([name, value]) => ({ name, value: typeof value === 'string' ? value : JSON.stringify(value) }));
}
