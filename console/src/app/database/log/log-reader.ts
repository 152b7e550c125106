import { inject, Service } from '@angular/core';
import { problemOf } from '../../api/api-error';
import { AuthorisedFetch } from '../../api/authorised-fetch';

const TAIL = 500;

/** Reads logs as they are written. */
@Service()
export class LogReader {
  readonly #fetch = inject(AuthorisedFetch);

  /** Lines as they come, some at a time; ends when the server ends it. @throws ApiError */
  async *follow(id: string, signal: AbortSignal): AsyncGenerator<readonly string[]> {
    const response = await this.#fetch.fetch(new Request(`/api/containers/${encodeURIComponent(id)}/logs?follow=true&tail=${TAIL}`, { headers: { accept: 'text/plain' }, signal }));
    if (!response.ok) throw problemOf(await response.json(), response.status);
    if (response.body === null) return;
    let begun = '';
    for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
      const lines = (begun + text).split('\n');
      begun = lines.pop() ?? '';
      if (lines.length > 0) yield lines;
    }
  }
}
