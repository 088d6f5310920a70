/** What an email is made of, as it is typed; an empty text means: made from the HTML. */
export interface Content {
  subject: string;
  preheader: string;
  html: string;
  text: string;
}

/** As the API takes it in a change: null takes a part away. */
export function contentBody({ subject, preheader, html, text }: Content) {
  return { subject, html, preheader: preheader === '' ? null : preheader, text: text === '' ? null : text };
}

/** Mails to lists get a footer with the link where the content has none. */
export function hasUnsubscribeLink({ html, text }: Pick<Content, 'html' | 'text'>): boolean {
  return /\bunsubscribe_url\b/.test(html + text);
}
