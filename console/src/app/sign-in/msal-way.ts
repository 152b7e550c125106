import { createEnvironmentInjector } from '@angular/core';
import type { EnvironmentInjector } from '@angular/core';
import { MSAL_INSTANCE, MsalBroadcastService, MsalService } from '@azure/msal-angular';
import { AuthError, BrowserAuthErrorCodes, BrowserCacheLocation, EventType, InteractionRequiredAuthError, PublicClientApplication, ServerError } from '@azure/msal-browser';
import type { AccountInfo, Configuration, EventMessage } from '@azure/msal-browser';
import { firstValueFrom } from 'rxjs';
import { ApiError } from '../api/api-error';
import type { SignInSettings } from '../api/types';
import type { Way } from './way';

/** The issuer was not there, or answered what is no answer of an issuer. */
const AWAY: readonly string[] = [
  BrowserAuthErrorCodes.noNetworkConnectivity, BrowserAuthErrorCodes.postRequestFailed, BrowserAuthErrorCodes.getRequestFailed, BrowserAuthErrorCodes.failedToParseResponse,
];

/** By the issuer: Entra ID, or the one that DbMaker brings. */
export class MsalWay implements Way {
  readonly #msal: MsalService;
  readonly #scopes: string[];
  /** Whose this page is, whoever signs in in other tabs: id of an account at MSAL. */
  #person: string | null = null;

  private constructor(msal: MsalService, scopes: string[]) {
    this.#msal = msal;
    this.#scopes = scopes;
  }

  static async create(settings: SignInSettings, parent: EnvironmentInjector): Promise<MsalWay> {
    const instance = new PublicClientApplication(configurationOf(settings));
    await instance.initialize();
    const injector = createEnvironmentInjector([{ provide: MSAL_INSTANCE, useValue: instance }, MsalService, MsalBroadcastService], parent);
    return new MsalWay(injector.get(MsalService), settings.scopes);
  }

  /** Takes up the answer of the issuer, if the browser comes from there. @returns whether somebody is signed in @throws AuthError when the issuer refused */
  async resume(): Promise<boolean> {
    const answer = await firstValueFrom(this.#msal.handleRedirectObservable());
    const { instance } = this.#msal;
    // Somebody else's account may still be there, of a sign-in that ended without a sign-out.
    if (answer !== null) instance.setActiveAccount(answer.account);
    this.#person = (instance.getActiveAccount() ?? instance.getAllAccounts()[0])?.homeAccountId ?? null;
    return this.#account() !== null;
  }

  /** Leads the browser away, and in the end to `address`. */
  async signIn(address: string): Promise<void> {
    await firstValueFrom(this.#msal.loginRedirect({ scopes: this.#scopes, redirectStartPage: new URL(address, location.origin).href }), { defaultValue: undefined });
  }

  async bearer(renew: boolean): Promise<string | null> {
    const account = this.#account();
    if (account === null) return null;
    try {
      return (await firstValueFrom(this.#msal.acquireTokenSilent({ scopes: this.#scopes, account, forceRefresh: renew }))).accessToken;
    } catch (error) {
      if (isOver(error)) return null;
      throw toProblem(error);
    }
  }

  /** Told when this person signs out in another tab. */
  onEndedElsewhere(ended: () => void): void {
    this.#msal.instance.addEventCallback(({ payload }: EventMessage) => {
      const account = payload !== null && 'account' in payload ? payload.account : null;
      if (this.#person !== null && account?.homeAccountId === this.#person) ended();
    }, [EventType.LOGOUT_SUCCESS]);
  }

  async end(): Promise<void> {
    const account = this.#account();
    if (account === null) return;
    const idTokenHint = account.idToken;
    await firstValueFrom(this.#msal.logoutRedirect({ account, ...(idTokenHint === undefined ? {} : { idTokenHint }) }), { defaultValue: undefined });
  }

  #account(): AccountInfo | null {
    return this.#person === null ? null : this.#msal.instance.getAccount({ homeAccountId: this.#person });
  }
}

/** Only the person can go on; in a hidden frame an issuer may also refuse by saying nothing. */
const isOver = (error: unknown): boolean => error instanceof InteractionRequiredAuthError || (error instanceof AuthError && error.errorCode === BrowserAuthErrorCodes.timedOut);

function toProblem(error: unknown): unknown {
  if (!(error instanceof ServerError) && !(error instanceof AuthError && AWAY.includes(error.errorCode))) return error;
  const detail = $localize`Your sign-in could not be renewed: where you sign in cannot be reached.`;
  return new ApiError({ status: 0, code: 'unreachable', detail, remedy: $localize`Check the network, then try again in a moment.` }, { cause: error });
}

function configurationOf({ authority, authorityMetadata, clientId, defaultScopes, knownAuthorities, protocolMode, redirectPath }: SignInSettings): Configuration {
  const bridge = `${location.origin}${redirectPath}`;
  return {
    auth: {
      clientId,
      authority,
      knownAuthorities,
      ...(authorityMetadata === null ? {} : { authorityMetadata }),
      redirectUri: bridge,
      postLogoutRedirectUri: bridge,
      OIDCOptions: { defaultScopes },
    },
    // Encrypted by MSAL under a key that ends with the browser: other tabs are signed in, too.
    cache: { cacheLocation: BrowserCacheLocation.LocalStorage },
    system: { protocolMode },
  };
}
