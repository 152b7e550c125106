/** Milliseconds. */
export interface Patience { limitMs: number; fetchMs: number }
export function ensureConsole(root: string, patience?: Patience): Promise<void>;
export function tryConsole(root: string, patience?: Patience): Promise<void>;
