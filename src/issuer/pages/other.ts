import { escape, layout } from './layout.ts';

/** @param form of oidc-provider, with the id `op.logoutForm` */
export function signOutPage(form: string): string {
  return layout('Sign out?', `${form}
<button type="submit" form="op.logoutForm" name="logout" value="yes" autofocus>Sign out</button>
<button type="submit" form="op.logoutForm" class="second">Stay signed in</button>`);
}

export function signedOutPage(): string {
  return layout('You are signed out', '<p><a href="/">Back to DbMaker</a></p>');
}

/** What the request was is no help for people, and what it said must not be repeated to them. */
export function errorPage(): string {
  return layout('This did not work', '<p role="alert">This page cannot be used any more, or the address is not complete. Maybe it was open for too long.</p>\n<p><a href="/">Start again</a></p>');
}

export function busyPage(text: string): string {
  return layout('Not at this moment', `<p role="alert">${escape(text)}</p>\n<p><a href="">Try again</a></p>`);
}
