import { alert, escape, layout } from './layout.ts';

export interface LoginForm {
  /** Where it is sent to. */
  readonly action: string;
  /** As it was typed. */
  readonly username: string;
  readonly error: string | null;
}

export function loginPage({ action, username, error }: LoginForm): string {
  const wrong = error === null ? '' : ' aria-invalid="true" aria-describedby="login-error"';
  return layout('Sign in', `${alert('login-error', error)}
<form method="post" action="${escape(action)}">
<label for="username">Name</label>
<input id="username" name="username" autocomplete="username" autocapitalize="none" spellcheck="false" required maxlength="200" value="${escape(username)}"${wrong}${username === '' ? ' autofocus' : ''}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required maxlength="1000"${wrong}${username === '' ? '' : ' autofocus'}>
<button type="submit">Sign in</button>
</form>
<p class="hint">No account, or the password is lost? An admin of DbMaker can give you a one-time password.</p>`);
}
