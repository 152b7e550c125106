import { inject, Service } from '@angular/core';
import createClient from 'openapi-fetch';
import { AuthorisedFetch } from './authorised-fetch';
import { problemOf } from './api-error';
import { patiently } from './patiently';
import type { paths } from './generated/openapi';

interface Answer<T> { readonly data?: T; readonly error?: unknown; readonly response: Response }

/** The API, typed by its own description: `api.client.GET('/api/containers/{id}', ...)`. */
@Service()
export class Api {
  readonly #fetch = inject(AuthorisedFetch);
  readonly client = createClient<paths>({ baseUrl: location.origin, fetch: (request) => patiently(request, (one) => this.#fetch.fetch(one)) });
}

/** What a call answered. @throws ApiError when the API refused, or was not there */
export async function answered<T>(call: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await call;
  if (response.ok) return data as T;
  throw problemOf(error, response.status);
}
