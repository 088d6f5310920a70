import { createHash } from 'node:crypto';
import type { Response } from 'express';

const style = `:root{color-scheme:light dark}
body{font:1rem/1.5 system-ui,sans-serif;margin:0;min-height:100vh;display:grid;place-items:center}
main{max-width:32rem;padding:2rem}
h1{font-size:1.5rem;margin:0 0 1rem}
button{font:inherit;padding:.6rem 1.4rem;border:2px solid;border-radius:.4rem;background:none;color:inherit;cursor:pointer}
label{display:block;margin:0 0 1rem}
input{font:inherit;display:block;width:100%;box-sizing:border-box;padding:.5rem;margin:.2rem 0 0;border:1px solid;border-radius:.4rem}
input:focus-visible{outline:3px solid Highlight}
[role=alert]{border-left:4px solid;padding:.2rem .8rem}
.apart{position:absolute;left:-100rem}
button:focus-visible{outline:3px solid Highlight;outline-offset:2px}`;
const styleHash = createHash('sha256').update(style).digest('base64');
/** Nothing is loaded, nothing runs, nobody frames it; a form posts to us alone, and is sent on to `origin` at most. */
function policyWith(origin: string | undefined): string {
  // Hosts may hold a semicolon, behind which a directive of its own would begin.
  const targets = origin === undefined || !/^https?:\/\/[\w.:[\]-]+$/.test(origin) ? `'self'` : `'self' ${origin}`;
  return `default-src 'none'; style-src 'sha256-${styleHash}'; form-action ${targets}; base-uri 'none'; frame-ancestors 'none'`;
}

/** A page for people, without a script or anything from elsewhere. `paragraphs` are plain text. */
export function sendPage(
  response: Response,
  status: number,
  page: {
    title: string;
    paragraphs: string[];
    button?: string;
    /** HTML above the button, its values escaped by the caller. */
    inputs?: string;
    /** Where the answer to the form may lead. */
    origin?: string;
  },
): void {
  const title = escapeHtml(page.title);
  const paragraphs = page.paragraphs.map((text) => `<p>${escapeHtml(text)}</p>`).join('\n');
  // A form without an action posts to the address of its page.
  const form =
    page.button === undefined
      ? ''
      : `<form method="post">${page.inputs ?? ''}<button type="submit">${escapeHtml(page.button)}</button></form>`;
  response.status(status).set({
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': policyWith(page.origin),
    'Cache-Control': 'no-store',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'X-Robots-Tag': 'noindex',
  });
  response.send(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${title}</h1>
${paragraphs}
${form}
</main>
</body>
</html>
`);
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
