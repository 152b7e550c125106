const ASKED = process.env['DBMAKER_TEST_KILLS'];

/** How often a kill test kills: `DBMAKER_TEST_KILLS`, for longer runs than those of every day. */
export const killsOr = (least: number): number => Number(ASKED ?? least);

/** Of a kill test, milliseconds; scripts/test.mjs gives its file a little longer. A kill with all that is looked at after it takes up to 6 s on a busy machine. */
export const KILL_TEST_MS = Math.max(10 * 60_000, killsOr(0) * 15_000);
