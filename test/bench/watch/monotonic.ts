/** Milliseconds of CLOCK_MONOTONIC, which all processes of a machine share (performance.now() begins anew in each, and the wall clock may be set). */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;
