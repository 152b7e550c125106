/** One disk that databases fill. */
export interface DiskRoom {
  /** `home`: DBMAKER_HOME; `docker`: where Docker keeps images and containers. They may be the same disk. */
  readonly place: 'home' | 'docker';
  readonly totalBytes: number;
  /** What we may still write. */
  readonly freeBytes: number;
}

/** What the machine that the databases run on has left. */
export interface Capacity {
  /** null: not known. */
  readonly memory: { readonly totalBytes: number; readonly availableBytes: number } | null;
  /** That this process may use. Left out by workers of before. */
  readonly cpus?: number;
  /** Those that could be asked. */
  readonly disks: readonly DiskRoom[];
}
