import { inject, Service } from '@angular/core';
import { Api, answered } from './api';
import type { Template } from './types';

/** What databases can be made of. */
@Service()
export class Templates {
  readonly #api = inject(Api);

  async list(): Promise<Template[]> {
    return (await answered(this.#api.client.GET('/api/templates'))).items;
  }
}
