import { compile } from 'html-to-text';

/** Deeper than any layout of tables, and shallow enough for the stack. */
const maxDepth = 200;

/** More than any email has. */
const maxTags = 20_000;

const convert = compile({
  wordwrap: false,
  limits: { maxDepth, ellipsis: '…' },
  selectors: [
    { selector: 'a', options: { hideLinkHrefIfSameAsText: true, linkBrackets: ['<', '>'] } },
    { selector: 'img', format: 'skip' },
    // Headings as they are written: shouting is for spam.
    ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((selector) => ({ selector, options: { uppercase: false } })),
  ],
});

/** The text part of an email that has none: what its HTML says, with the addresses of its links. */
export function textOfHtml(html: string): string {
  return convert(beginningOf(html)).trim();
}

/** The work grows with the square of the tags where none of them fits to another; what is behind these is left out. */
function beginningOf(html: string): string {
  let at = -1;
  for (let tags = 0; tags <= maxTags; tags++) {
    at = html.indexOf('<', at + 1);
    if (at < 0) return html;
  }
  return html.slice(0, at);
}
