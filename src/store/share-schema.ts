import type { ShareAccess } from '../domain/instance/share.ts';

/** The tables of sharing. See ./schema.ts */
export interface ShareTables {
  shares: ShareRow;
  event_addressees: { user_id: string; event_id: number };
}

export interface ShareRow {
  instance_id: string;
  user_id: string;
  access: ShareAccess;
  created_at: number;
  instance_created_at: number;
}
