export const SLEEP_AFTER = ['15m', '1h', '4h', '24h', 'never'] as const;
export const REMOVE_AFTER = ['24h', '7d', '30d', '90d', 'never'] as const;
/** From now on. */
export const TTL = ['1h', '8h', '24h', '7d', '30d', 'never'] as const;
export const MEMORY_MB = [128, 256, 512, 1024, 2048, 4096] as const;
export const CPUS = [0.5, 1, 2, 4] as const;
