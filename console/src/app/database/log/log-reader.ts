import { inject, Service } from '@angular/core';
import { problemOf, unreachable } from '../../api/api-error';
import { AuthorisedFetch } from '../../api/authorised-fetch';

/** A line of what the API calls `application/x-ndjson`. */
export interface LogLine {
  /** null: not known. */
  readonly at: string | null;
  readonly stream: string;
  readonly text: string;
}

/** Reads logs as they are written. */
@Service()
export class LogReader {
  readonly #fetch = inject(AuthorisedFetch);

  /**
   * The last `tail` lines and new ones as they come, some at a time; none as soon as it stands. Ends when the server ends it.
   * @throws ApiError when the API refuses, is not there, or the connection breaks
   */
  async *follow(id: string, tail: number, signal: AbortSignal): AsyncGenerator<readonly LogLine[]> {
    const response = await this.#fetch.fetch(new Request(`/api/containers/${encodeURIComponent(id)}/logs?follow=true&tail=${tail}`, { headers: { accept: 'application/x-ndjson' }, signal }));
    if (!response.ok) throw problemOf(await response.json().catch(() => null), response.status);
    yield [];
    if (response.body === null) return;
    let begun = '';
    for await (const text of textOf(response.body)) {
      const lines = (begun + text).split('\n');
      begun = lines.pop() ?? '';
      if (lines.length > 0) yield lines.map((line) => JSON.parse(line) as LogLine);
    }
  }
}

async function* textOf(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  try {
    yield* body.pipeThrough(new TextDecoderStream());
  } catch (error) {
    throw unreachable(error);
  }
}
