export function ensureConsole(root: string): Promise<void>;
export function tryConsole(root: string): Promise<void>;
