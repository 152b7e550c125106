// What `npm start` and `npm test` share. Plain JavaScript for Node 20, no dependency: it runs before there is a node_modules.
export { aptInstall, canAptInstall } from './apt.mjs';
export { ensureDependencies } from './dependencies.mjs';
export { dockerAnswers } from './docker.mjs';
export { SetupError, printError } from './errors.mjs';
export { findProgram } from './programs.mjs';
export { lastLines, run } from './run.mjs';
