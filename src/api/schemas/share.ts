import { Type } from 'typebox';
import type { Static } from 'typebox';
import { oneOf, strictObject, Time } from './common.ts';

const As = oneOf(['viewer', 'operator'] as const, { description: '`viewer`: sees it, its figures, log and history. `operator`: also connects (with its password), starts, stops, sleeps and restarts it.' });

export const ShareBody = strictObject({ access: As });

export const Share = Type.Object({
  username: Type.String(),
  displayName: Type.String(),
  access: As,
  since: Time,
}, { $id: 'Share' });
export type ShareView = Static<typeof Share>;
