/**
 * A program of its own, because the library that makes certificates takes 20 MB which a process that needs one a year would hold for good.
 * Request in by standard input, pair out by standard output, JSON: keys are never in argv, in the environment or in a file.
 */
import { json } from 'node:stream/consumers';
import { issue } from './issue.ts';
import type { IssueRequest } from './request.ts';

process.stdout.write(JSON.stringify(await issue((await json(process.stdin)) as IssueRequest)));
