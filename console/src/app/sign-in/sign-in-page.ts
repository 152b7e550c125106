import { Component, computed, inject, input, signal } from '@angular/core';
import { form, FormField } from '@angular/forms/signals';
import { MatButtonModule } from '@angular/material/button';
import { MatFormFieldModule } from '@angular/material/form-field';
import { MatInputModule } from '@angular/material/input';
import { Router } from '@angular/router';
import { Icon } from '../ui/icon';
import { ProblemNote } from '../ui/problem';
import { pathWithin } from './guards';
import { Session } from './session';

@Component({
  selector: 'dbm-sign-in-page',
  imports: [FormField, MatButtonModule, MatFormFieldModule, MatInputModule, Icon, ProblemNote],
  templateUrl: './sign-in-page.html',
  styleUrl: './sign-in-page.scss',
})
export class SignInPage {
  /** Where to go then; of the address. */
  readonly to = input<string>();
  protected readonly session = inject(Session);
  readonly #router = inject(Router);
  protected readonly busy = signal(false);
  protected readonly isMicrosoft = computed(() => this.session.issuer()?.protocolMode === 'AAD');
  protected readonly byToken = form(signal({ token: '' }));

  protected async signIn(): Promise<void> {
    this.busy.set(true);
    await this.session.signIn(pathWithin(this.to() ?? null));
  }

  protected async tryAgain(): Promise<void> {
    this.busy.set(true);
    await this.session.begin();
    this.busy.set(false);
    await this.#goOn();
  }

  protected async signInWithToken(): Promise<void> {
    this.busy.set(true);
    await this.session.signInWithToken(this.byToken.token().value());
    this.busy.set(false);
    await this.#goOn();
  }

  async #goOn(): Promise<void> {
    if (this.session.profile() !== null) await this.#router.navigateByUrl(pathWithin(this.to() ?? null));
  }
}
