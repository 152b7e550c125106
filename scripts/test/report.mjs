const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;
const indent = (text, by = '      ') => text.split('\n').map((line) => by + line).join('\n');

/** A failed test that is not marked `todo`. */
export const isFailure = ({ event, todo }) => event === 'fail' && todo === undefined;

/** One line for a file; all that is known of it when something in it failed. */
export function printFile({ file, ms, tests, notes, output, fault }) {
  const failures = tests.filter(isFailure);
  const skipped = tests.filter(({ skip }) => skip !== undefined);
  const bad = failures.length > 0 || fault !== undefined;
  console.log(`${bad ? 'FAIL' : 'ok  '}  ${file}  ${tests.length} test${tests.length === 1 ? '' : 's'}, ${seconds(ms)}`);
  for (const { name, skip } of skipped) console.log(`      skipped: ${name} (${skip})`);
  if (!bad) return;
  if (fault) console.log(`      The file ${fault}.`);
  for (const { name, line, error, ms: took } of failures) console.log(`    x ${name} (${file}:${line}, ${seconds(took ?? 0)})\n${indent(error ?? 'a test inside it failed')}`);
  for (const note of notes) console.log(indent(note));
  if (output.trim()) console.log(`    It printed:\n${indent(output.trimEnd().split('\n').slice(-80).join('\n'))}`);
}

/** The slowest tests, so that nobody has to search for where the time goes. */
export function printSlow(results, count = 8) {
  const slow = results.flatMap(({ file, tests }) => tests.map((test) => ({ file, ...test }))).filter(({ ms }) => ms > 2_000).sort((a, b) => b.ms - a.ms);
  if (slow.length === 0) return;
  console.log('\nSlowest tests:');
  for (const { file, name, ms } of slow.slice(0, count)) console.log(`  ${seconds(ms).padStart(8)}  ${file}: ${name}`);
}

/** Numbers over all files. A file that failed as a whole counts as one failed test. */
export function count(results) {
  const tests = results.flatMap((result) => result.tests);
  const faults = results.filter(({ fault }) => fault !== undefined).length;
  const fail = tests.filter(isFailure).length + faults;
  const skipped = tests.filter(({ skip }) => skip !== undefined).length;
  const todo = tests.filter(({ todo: why }) => why !== undefined).length;
  return { tests: tests.length + faults, pass: tests.length + faults - fail - skipped - todo, fail, skipped, todo };
}

/** The closing count, in the words of node's own test runner, as the very last thing. */
export function printCount(counts, ms) {
  console.log('');
  for (const [name, number] of Object.entries({ tests: counts.tests, suites: 0, pass: counts.pass, fail: counts.fail, cancelled: 0, skipped: counts.skipped, todo: counts.todo })) {
    console.log(`ℹ ${name} ${number}`);
  }
  console.log(`ℹ duration_ms ${Math.round(ms)}`);
}
