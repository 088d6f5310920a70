import { ContentError, type EmailRenderer, type RenderContext, type RenderedEmail } from '../../activities/send-emails';
import type { EmailContent } from '../../domain/email';
import { contentLimits, describeContentProblem, type ContentField, type ContentProblem } from '../../domain/template';
import { openPixel, trackLinks } from './html-links';
import { editHtml, escapeHtml, findPlaces, type HtmlEdit } from './html-places';
import type { LinkSigner } from './links';
import { LiquidProblem, renderLiquid, toContentProblem } from './liquid';
import { textOfHtml } from './plain-text';

/** What a rendered part may have at most: mail servers refuse more than some megabytes, and clients cut off long before. */
const maxRenderedLength = 2_000_000;

const hidden =
  'display:none;max-height:0;max-width:0;overflow:hidden;opacity:0;font-size:1px;line-height:1px;color:transparent;mso-hide:all';
/** Invisible, and as long as a preview: else an inbox fills it up with the first lines of the email. */
const previewFiller = '&#847;&zwnj;&nbsp;'.repeat(50);

/** Content that cannot be rendered, with the place in it. */
export class RenderingError extends ContentError {
  constructor(readonly problem: ContentProblem) {
    super(describeContentProblem(problem));
  }
}

export interface RendererDeps {
  /** How the world reaches the gateway; without a slash at its end. */
  publicUrl: () => string;
  links: LinkSigner;
}

/** Makes each recipient's copy of an email. */
export function createRenderer({ publicUrl: publicUrlOf, links }: RendererDeps): EmailRenderer {
  const render = (content: EmailContent, context: RenderContext): RenderedEmail => {
    const { emailId, workspaceId, campaignId } = context;
    const publicUrl = publicUrlOf().replace(/\/+$/, '');
    const whom = context.contact && { workspaceId, campaignId, contactId: context.contact.id };
    const unsubscribeUrl = `${publicUrl}/u/${links.unsubscribe(emailId, whom)}`;
    const values = valuesOf(context, unsubscribeUrl);
    const html = renderPart('html', content.html, values);
    const text = content.text === undefined ? textOfHtml(html) : renderPart('text', content.text, values);
    const preheader = oneLine(renderPart('preheader', content.preheader ?? '', values));

    const { isMarketing } = context;
    const htmlEnd =
      (isMarketing && !html.includes(unsubscribeUrl) ? htmlFooter(unsubscribeUrl) : '') +
      (context.isTracked ? openPixel({ emailId, publicUrl, links }) : '');
    const textEnd = isMarketing && !text.includes(unsubscribeUrl) ? `\n\n-- \nUnsubscribe: ${unsubscribeUrl}\n` : '';
    return {
      subject: cut(oneLine(renderPart('subject', content.subject, values)), contentLimits.subject),
      html: dress(html, {
        start: preheader === '' ? '' : `<div style="${hidden}">${escapeHtml(preheader)}${previewFiller}</div>`,
        end: htmlEnd,
        ...(context.isTracked ? { track: { emailId, publicUrl, links } } : {}),
      }),
      text: text + textEnd,
      headers: headersOf(context, unsubscribeUrl),
    };
  };
  // What is thrown here rejects the promise.
  return { render: (content, context) => new Promise((resolve) => resolve(render(content, context))) };
}

function renderPart(field: ContentField, source: string, values: object): string {
  try {
    const rendered = renderLiquid(field, source, values);
    if (rendered.length <= maxRenderedLength) return rendered;
    const message = `is longer than ${maxRenderedLength} characters when it is rendered; let it write less`;
    throw new RenderingError({ field, line: 1, column: 1, message });
  } catch (error) {
    throw error instanceof LiquidProblem ? new RenderingError(toContentProblem(field, error)) : error;
  }
}

/** What templates can name. What is not known of somebody is empty. */
function valuesOf({ contact, event, data }: RenderContext, unsubscribeUrl: string): object {
  const { email, firstName, lastName, metadata } = contact ?? {};
  const names = { firstName, lastName, first_name: firstName, last_name: lastName };
  return {
    contact: { email, ...names, metadata: metadata ?? {} },
    event: event ?? {},
    data: data ?? {},
    unsubscribe_url: unsubscribeUrl,
  };
}

function dress(
  html: string,
  additions: { start: string; end: string; track?: Parameters<typeof trackLinks>[1] },
): string {
  const { start, end, track } = additions;
  if (start === '' && end === '' && !track) return html;
  const { bodyStart, bodyEnd, links } = findPlaces(html);
  const inner = track ? trackLinks(links, track) : [];
  const before = inner.filter((edit) => edit.start < bodyStart);
  const within = inner.filter((edit) => edit.start >= bodyStart && edit.start < bodyEnd);
  const after = inner.filter((edit) => edit.start >= bodyEnd);
  const insert = (at: number, text: string): HtmlEdit => ({ start: at, end: at, text });
  return editHtml(html, [...before, insert(bodyStart, start), ...within, insert(bodyEnd, end), ...after]);
}

function htmlFooter(unsubscribeUrl: string): string {
  return `<p style="margin:24px 0 0;text-align:center;font:12px/18px Arial,sans-serif;color:#666666"><a href="${escapeHtml(unsubscribeUrl)}" style="color:#666666">Unsubscribe</a></p>`;
}

function headersOf(
  { emailId, workspaceId, isMarketing }: RenderContext,
  unsubscribeUrl: string,
): Record<string, string> {
  return {
    'X-Esx-Email': emailId,
    // Gmail's statistics are kept by these, the sender's name last.
    'Feedback-ID': `${isMarketing ? 'marketing' : 'transactional'}:${workspaceId}:emailsendx`,
    ...(isMarketing
      ? { 'List-Unsubscribe': `<${unsubscribeUrl}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' }
      : {}),
  };
}

/** On one line, whatever the values held: a line break in a subject would begin a header of its own. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\s]+/gu, ' ').trim();
}

/** Not through the middle of a character. */
function cut(text: string, length: number): string {
  return text.slice(0, length).replace(/[\ud800-\udbff]$/, '');
}
