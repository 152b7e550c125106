import { initial } from './001-initial.ts';
import { gateway } from './002-gateway.ts';
import type { Migration } from './migration.ts';

export const MIGRATIONS: readonly Migration[] = [initial, gateway];
