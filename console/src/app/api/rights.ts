import type { AccessLevel } from './types';

/** What is not offered to whom; the API has the last word. */

/** Connects, starts and stops it. */
export const mayUse = (access: AccessLevel): boolean => access !== 'viewer';

/** Changes, deletes and shares it. */
export const mayManage = (access: AccessLevel): boolean => access === 'owner' || access === 'admin';

/** It is somebody else's, who shares it: it can be left. */
export const isShared = (access: AccessLevel): boolean => access === 'viewer' || access === 'operator';
