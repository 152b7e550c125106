import { computed, inject, Service } from '@angular/core';
import { Session } from '../../sign-in/session';

/** Who signs people in here: what can be done to passwords hangs on it. */
@Service()
export class Issuer {
  readonly #settings = inject(Session).issuer;
  /** Whether passwords are ours to give. Where it could not be learnt, the API says so. */
  readonly hasPasswords = computed(() => this.#settings()?.issuer !== 'external');
  /** Where people sign in else. */
  readonly host = computed(() => URL.parse(this.#settings()?.authority ?? '')?.host ?? '');
}
