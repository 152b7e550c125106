import { initial } from './001-initial.ts';
import { gateway } from './002-gateway.ts';
import { monitoring } from './003-monitoring.ts';
import { webhooks } from './004-webhooks.ts';
import { audit } from './005-audit.ts';
import { backups } from './006-backups.ts';
import { backupQuota } from './007-backup-quota.ts';
import { webhookAdmins } from './008-webhook-admins.ts';
import { signIn } from './009-sign-in.ts';
import { shares } from './010-shares.ts';
import { people } from './011-people.ts';
import { auditSubjects } from './012-audit-subjects.ts';
import { auditOutcomes } from './013-audit-outcomes.ts';
import type { Migration } from './migration.ts';

export const MIGRATIONS: readonly Migration[] = [initial, gateway, monitoring, webhooks, audit, backups, backupQuota, webhookAdmins, signIn, shares, people, auditSubjects, auditOutcomes];
