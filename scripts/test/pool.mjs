import { runFile } from './run-file.mjs';

/**
 * Runs the files, `jobs` at a time, in the order given.
 * @param {(result: object) => void} onResult called as each one ends
 */
export async function runFiles(files, jobs, context, onResult) {
  const waiting = [...files];
  const results = [];
  const worker = async () => {
    while (waiting.length > 0) {
      const result = await runFile(waiting.shift(), context);
      results.push(result);
      onResult(result);
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, files.length) }, worker));
  return results;
}
