import type { LinkSigner } from './links';
import { escapeHtml, type HtmlEdit, type HtmlLink } from './html-places';

/** A link as long as this would make an address that servers and proxies refuse. */
const maxTrackedUrlBytes = 4_000;

/** What the links of one email are made into. */
export interface TrackedEmail {
  emailId: string;
  publicUrl: string;
  links: Pick<LinkSigner, 'click' | 'open'>;
}

/** Leads the links of a document over the click redirect; those that go elsewhere than to the web stay as they are. */
export function trackLinks(found: readonly HtmlLink[], { emailId, publicUrl, links }: TrackedEmail): HtmlEdit[] {
  return found.flatMap(({ start, end, url }) => {
    const destination = destinationOf(url);
    // Unsubscribing must not depend on a second hop, nor count as a click.
    if (destination === undefined || destination.startsWith(`${publicUrl}/u/`)) return [];
    return [{ start, end, text: escapeHtml(`${publicUrl}/t/c/${links.click(emailId, destination)}`) }];
  });
}

/** The picture whose loading tells that the email was opened. */
export function openPixel({ emailId, publicUrl, links }: TrackedEmail): string {
  const source = escapeHtml(`${publicUrl}/t/o/${links.open(emailId)}`);
  return `<img src="${source}" width="1" height="1" alt="" style="display:block;width:1px;height:1px;border:0">`;
}

/** Where a browser would go, in characters that a header can carry; undefined for what is no address of the web. */
function destinationOf(href: string): string | undefined {
  const url = href.replace(/[\t\r\n]/g, '').trim();
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) return undefined;
  const destination = /^[\x21-\x7e]+$/.test(url) ? url : new URL(url).href;
  return Buffer.byteLength(destination) <= maxTrackedUrlBytes ? destination : undefined;
}
