import { initial } from './001-initial.ts';
import { gateway } from './002-gateway.ts';
import { monitoring } from './003-monitoring.ts';
import { webhooks } from './004-webhooks.ts';
import { audit } from './005-audit.ts';
import { backups } from './006-backups.ts';
import { signIn } from './007-sign-in.ts';
import type { Migration } from './migration.ts';

export const MIGRATIONS: readonly Migration[] = [initial, gateway, monitoring, webhooks, audit, backups, signIn];
