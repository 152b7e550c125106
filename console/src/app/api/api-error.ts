import type { Problem } from './types';

/** What the API refused or could not do, in its words for people. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: string;
  readonly status: number;
  readonly remedy: string | null;
  /** By which it can be found in the server's log; null: it never got there. */
  readonly requestId: string | null;
  /** JSON pointer -> what is wrong there. */
  readonly fields: Readonly<Record<string, string>>;

  constructor(problem: Pick<Problem, 'detail' | 'code' | 'status'> & Partial<Problem>, options?: ErrorOptions) {
    super(problem.detail, options);
    this.code = problem.code;
    this.status = problem.status;
    this.remedy = problem.remedy ?? null;
    this.requestId = problem.requestId ?? null;
    this.fields = problem.fields ?? {};
  }
}

/** Any error as one that can be shown. What is no answer of the API is a fault of this page, or of the issuer's: it is told in full where developers look. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  console.error(error);
  return new ApiError({ status: 0, code: 'console', detail: $localize`Something went wrong in this page. Load it again; if it stays so, tell whoever runs DbMaker.` }, { cause: error });
}

export const UNREACHABLE = 'unreachable';

/** The server is not there, or the connection to it broke. */
export function unreachable(cause: unknown): ApiError {
  return new ApiError({ status: 0, code: UNREACHABLE, detail: $localize`DbMaker cannot be reached.`, remedy: $localize`Check the network, then try again.` }, { cause });
}

function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'code' in value && 'detail' in value && 'requestId' in value;
}

/** What an answer that is no success tells; `body`: of any shape. */
export function problemOf(body: unknown, status: number): ApiError {
  if (isProblem(body)) return new ApiError(body);
  return new ApiError({ status, code: 'unreadable', detail: $localize`The server gave an answer that this page does not understand (${status}:status:).` });
}
