import type { GatewayActivity, GatewayUse } from '../gateway/activity.ts';

/** What gateways saw of the use of instances. Kept per gateway process and added up when read. */
export interface ActivityRepository {
  /**
   * One report of a gateway process (`gateway`: a name that no other process ever has): counts are absolute values of that process for `open`,
   * and what was added since its last report for the rest. Instances that are left out are as they were reported last. Also says that the
   * process is alive, with an empty list too. Rows of instances that are gone are dropped. May be lost in a power cut.
   */
  report(gateway: string, uses: readonly GatewayUse[]): Promise<void>;
  /**
   * Sum over all gateways; `open` only of those that reported within `aliveMs`, and while there are any, `lastUsedAt` is the time of the last
   * report. null: never used.
   */
  get(instanceId: string, aliveMs: number): Promise<GatewayActivity | null>;
  /** The process ended in good order: nothing of it is open any more, and what it counted is kept as one sum with that of the others. */
  retire(gateway: string): Promise<void>;
  /** The same for processes that last reported before `aliveBefore`: they were killed. */
  fold(aliveBefore: number): Promise<void>;
}

/** The bytes of one instance in the half hour that something went through its gateway in last, so far. */
export interface PulseBeat {
  readonly instanceId: string;
  readonly ownerId: string;
  /** Begin of the half hour, milliseconds since 1970. */
  readonly at: number;
  readonly bytes: number;
}

/** How much is going on at each instance, see src/domain/monitoring/pulse.ts. */
export interface PulseRepository {
  /** Notes what went through the gateways since the last time; by several workers at once, each byte once. May be lost in a power cut. */
  note(): Promise<void>;
  /**
   * Bytes in each of the 48 half hours up to now, of those instances at which anything went on: what the user owns or what is shared with them, or of all (null). Read in parts.
   */
  ofLastDay(viewer: string | null): Promise<Map<string, number[]>>;
  /** Of all instances of which something was noted at or after `since` (milliseconds since 1970). */
  beats(since: number): Promise<PulseBeat[]>;
}
