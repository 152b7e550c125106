/** Pages of the issuer: plain HTML, no script, everything from here. */

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

export function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

/** @param body trusted HTML */
export function layout(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${escape(title)} - DbMaker</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/oidc/style.css">
</head>
<body>
<main>
<p class="brand">DbMaker</p>
<h1>${escape(title)}</h1>
${body}
</main>
</body>
</html>
`;
}

/** What went wrong with a form; announced by screen readers, since it stands in the page from the start and has the focus of the reading order. */
export function alert(id: string, text: string | null): string {
  return text === null ? '' : `<p class="error" id="${id}" role="alert">${escape(text)}</p>`;
}

export const STYLE = `:root {
  color-scheme: light dark;
  --page: #f4f5f7; --card: #fff; --text: #1c1f26; --soft: #565d6b; --line: #868d9b; --accent: #2456c9; --on-accent: #fff; --error: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root { --page: #14161a; --card: #1e2127; --text: #e7e9ee; --soft: #aab1bf; --line: #7d8594; --accent: #9db8ff; --on-accent: #10204a; --error: #ffb4ab; }
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 16px; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { width: 100%; max-width: 400px; background: var(--card); border-radius: 12px; padding: 28px 24px; overflow-wrap: anywhere; }
.brand { margin: 0 0 4px; font-weight: 600; color: var(--soft); }
h1 { margin: 0 0 16px; font-size: 1.5rem; line-height: 1.25; font-weight: 600; }
p { margin: 0 0 16px; }
main > :last-child { margin-bottom: 0; }
label { display: block; margin: 16px 0 4px; font-weight: 500; }
input:not([type=hidden]) { width: 100%; min-height: 44px; padding: 8px 12px; font: inherit; color: inherit; background: transparent; border: 1px solid var(--line); border-radius: 8px; }
input[aria-invalid=true] { border-color: var(--error); border-width: 2px; }
.hint { margin: 4px 0 0; font-size: .875rem; color: var(--soft); }
form + .hint { margin-top: 16px; }
.error { color: var(--error); font-weight: 500; }
button { width: 100%; min-height: 44px; margin-top: 24px; padding: 8px 16px; font: inherit; font-weight: 600; cursor: pointer; border-radius: 8px; border: 1px solid var(--accent); background: var(--accent); color: var(--on-accent); }
button.second { margin-top: 12px; background: transparent; color: var(--accent); }
a { color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
`;
