import { QuoteType, Tokenizer } from 'htmlparser2';

/** A link's address: where it stands in the document, without its quotes, and what it says. */
export interface HtmlLink {
  start: number;
  end: number;
  url: string;
}
/** Where a document can be added to, and its links; everything else in it need not be understood. */
export interface HtmlPlaces {
  bodyStart: number;
  bodyEnd: number;
  links: HtmlLink[];
}

const linkTags = new Set(['a', 'area']);
const beforeValue = /\s*=\s*["']?/y;

/** Finds the places as a mail client would: not in comments, scripts or styles. Fragments have them as well. */
export function findPlaces(html: string): HtmlPlaces {
  let bodyTagEnd: number | undefined;
  let headEnd: number | undefined;
  let contentStart = 0;
  let bodyEnd: number | undefined;
  let htmlEnd: number | undefined;
  const links: HtmlLink[] = [];

  let tag = '';
  let name = '';
  let nameEnd = 0;
  let value = '';
  let link: HtmlLink | undefined;
  let isLeftAlone = false;
  const tagEnds = (end: number): void => {
    if (link && !isLeftAlone) links.push(link);
    if (tag === 'body') bodyTagEnd ??= end + 1;
    if (tag === 'html') contentStart = end + 1;
  };
  const nothing = (): void => undefined;

  const tokenizer = new Tokenizer(
    { decodeEntities: true },
    {
      onopentagname(start, end) {
        tag = html.slice(start, end).toLowerCase();
        link = undefined;
        isLeftAlone = false;
      },
      onattribname(start, end) {
        name = linkTags.has(tag) ? html.slice(start, end).toLowerCase() : '';
        nameEnd = end;
        value = '';
      },
      onattribdata(start, end) {
        if (name === 'href') value += html.slice(start, end);
      },
      onattribentity(codePoint) {
        if (name === 'href') value += String.fromCodePoint(codePoint);
      },
      onattribend(quote, end) {
        if (name === 'data-no-track') isLeftAlone = true;
        // The first of several counts, as it does in a browser.
        if (name !== 'href' || link || value === '') return;
        beforeValue.lastIndex = nameEnd;
        beforeValue.test(html);
        // Behind a quoted value stands the quote.
        link = { start: beforeValue.lastIndex, end: quote === QuoteType.Unquoted ? end : end - 1, url: value };
      },
      onopentagend: tagEnds,
      onselfclosingtag: tagEnds,
      onclosetag(start, end) {
        const closed = html.slice(start, end).toLowerCase();
        const at = html.lastIndexOf('<', start);
        if (closed === 'head') headEnd ??= html.indexOf('>', end) + 1;
        if (closed === 'body') bodyEnd = at;
        if (closed === 'html') htmlEnd = at;
      },
      ondeclaration(start, end) {
        if (/^!?doctype/i.test(html.slice(start, end))) contentStart ||= end + 1;
      },
      ...{ oncdata: nothing, oncomment: nothing, onend: nothing, onprocessinginstruction: nothing },
      ...{ ontext: nothing, ontextentity: nothing },
    },
  );
  tokenizer.write(html);
  tokenizer.end();

  const bodyStart = bodyTagEnd ?? headEnd ?? contentStart;
  return { bodyStart, bodyEnd: Math.max(bodyStart, bodyEnd ?? htmlEnd ?? html.length), links };
}

/** A place of the document, and what is to stand there instead. */
export interface HtmlEdit {
  start: number;
  end: number;
  text: string;
}

/** Makes the edits, which are in their order; the rest stays as it is, byte for byte. */
export function editHtml(html: string, edits: readonly HtmlEdit[]): string {
  let result = '';
  let at = 0;
  for (const { start, end, text } of edits) {
    result += html.slice(at, start) + text;
    at = end;
  }
  return result + html.slice(at);
}

/** Text as it stands in HTML, in attributes too. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
