import PostalMime from 'postal-mime';
import { beginningOf } from './inbound/read-mail';

/** What a mail program would show of a mail. Never throws: what cannot be read has no parts. */
export async function partsOf(raw: string): Promise<{ html: string | null; text: string | null }> {
  try {
    const { html = null, text = null } = await PostalMime.parse(beginningOf(Buffer.from(raw)));
    return { html, text };
  } catch {
    return { html: null, text: null };
  }
}
