import { inspect } from 'node:util';

/** Summary lines that node:test adds to the end of every run; ours are counted over all files. */
const SUMMARY = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+$/;

/** A reporter for `node --test-reporter`: one JSON object a line, read by pool.mjs. */
export default async function* jsonLines(events) {
  for await (const { type, data } of events) {
    const line = describe(type, data);
    if (line) yield `${JSON.stringify(line)}\n`;
  }
}

function describe(type, data) {
  const common = { name: data.name, nesting: data.nesting, suite: data.details?.type === 'suite' || data.type === 'suite', line: data.line };
  switch (type) {
    case 'test:dequeue':
      return { event: 'start', ...common };
    case 'test:pass':
      return { event: 'pass', ...common, ms: data.details.duration_ms, skip: reason(data.skip), todo: reason(data.todo) };
    case 'test:fail':
      return { event: 'fail', ...common, ms: data.details.duration_ms, todo: reason(data.todo), ...failure(data.details.error) };
    case 'test:diagnostic':
      return SUMMARY.test(data.message) ? undefined : { event: 'note', text: data.message };
    default:
      return undefined;
  }
}

/** `skip: true` and `skip: 'why'` both mean skipped. */
const reason = (value) => (value === undefined || value === false ? undefined : String(value === true ? 'no reason given' : value));

function failure(error) {
  // A suite or test that failed only because of what is in it is told by that.
  if (error?.failureType === 'subtestsFailed') return { derived: true };
  return { error: wholeText(error?.cause ?? error), cancelled: error?.failureType === 'cancelledByParent' };
}

/** inspect() does not show the two errors of a SuppressedError: the fault itself, and the one of the clean-up after it. */
function wholeText(error) {
  if (error instanceof SuppressedError) return `${wholeText(error.suppressed)}\n\nand then, while cleaning up:\n${wholeText(error.error)}`;
  return inspect(error, { depth: 6, maxStringLength: 40_000, maxArrayLength: 100 });
}
