import { alert, escape, layout } from './layout.ts';

export interface PasswordForm {
  readonly action: string;
  readonly username: string;
  readonly shortest: number;
  readonly error: string | null;
}

export function passwordPage({ action, username, shortest, error }: PasswordForm): string {
  const described = error === null ? 'aria-describedby="next-hint"' : 'aria-invalid="true" aria-describedby="next-error next-hint"';
  return layout('Choose your own password', `<p>The password that you signed in with was good for this once.</p>
${alert('next-error', error)}
<form method="post" action="${escape(action)}">
<input type="hidden" name="username" autocomplete="username" value="${escape(username)}">
<label for="next">New password</label>
<input id="next" name="next" type="password" autocomplete="new-password" required minlength="${String(shortest)}" maxlength="256" ${described} autofocus>
<p class="hint" id="next-hint">At least ${String(shortest)} characters. Some words in a row are easy to keep in mind.</p>
<label for="again">Repeat the new password</label>
<input id="again" name="again" type="password" autocomplete="new-password" required minlength="${String(shortest)}" maxlength="256" ${described}>
<button type="submit">Set password and go on</button>
</form>`);
}
