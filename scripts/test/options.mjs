const HELP = `npm test [-- options]

Installs what is missing, checks the code statically and runs every test, on real PostgreSQL, Redis and Docker.

  --only=TEXT      only test files with TEXT in their path (may be given several times); no static checks then
  --checks         static checks also with --only
  --no-checks      no static checks
  --no-docker      leave out what needs Docker (refused in CI)
  --no-clients     leave out what needs the clients that people use: psql, psycopg, JDBC, redis-cli, a browser ... (refused in CI)
  --jobs=N         test files at the same time (default 4: most of their time is waiting)
  --list           print the test files and end
  --help           this text

DBMAKER_TEST_SEED, DBMAKER_TEST_KILLS: seed and length of the kill tests (see CONTRIBUTING.md).
CI=true: nothing is skipped; what is missing is an error.
`;

/**
 * @param {string[]} argv
 * @returns {{only: string[], checks: boolean, without: string[], jobs: number, list: boolean, ci: boolean}} or the help as {help}
 * @throws Error naming the option that is unknown or wrong
 */
export function readOptions(argv, environment) {
  const ci = !['', undefined, 'false', '0'].includes(environment.CI);
  const options = { only: [], checks: undefined, without: [], jobs: 4, list: false, ci };
  for (const word of argv) {
    const [name, value] = word.split(/=(.*)/s);
    if (name === '--help' || name === '-h') return { ...options, help: HELP };
    else if (name === '--only' && value) options.only.push(value);
    else if (name === '--checks') options.checks = true;
    else if (name === '--no-checks') options.checks = false;
    else if (name === '--no-docker' && !ci) options.without.push('docker');
    else if (name === '--no-clients' && !ci) options.without.push('clients');
    else if (name === '--list') options.list = true;
    else if (name === '--jobs' && /^[1-9]\d?$/.test(value ?? '')) options.jobs = Number(value);
    else throw new Error(`Unknown or wrong option ${word}. See npm test -- --help`);
  }
  options.checks ??= options.only.length === 0;
  return options;
}
