import type { EmailContent } from '../domain/email';
import type { JsonObject } from '../domain/json';

/** An email as it goes over the wire; the mailer makes MIME of it and signs it for the domain of `from`. */
export interface OutgoingMail {
  emailId: string;
  workspaceId: string;
  /** `News <news@acme.com>` */
  from: string;
  to: string;
  subject: string;
  html: string;
  text: string;
  /** List-Unsubscribe and the like; never Message-ID, From, To, Subject or Date. */
  headers: Record<string, string>;
}
/** What a server said of one email. `deferred`: a 4xx, to be tried again later. `refused`: a 5xx, for good. */
export type SendResult =
  | { emailId: string; kind: 'sent'; response: string; atMs: number }
  | { emailId: string; kind: 'deferred' | 'refused'; response: string };

/**
 * Hands emails to the SMTP server. Each is claimed in the store before its conversation begins, and what the server
 * said is in the store before this returns – also when the worker that asked for it is killed meanwhile. One that
 * somebody else has claimed is not among the results. Throws when the server cannot be reached at all: what was not
 * begun is queued again. Needs: src/email/mailer.ts.
 */
export interface Mailer {
  send(mails: OutgoingMail[]): Promise<SendResult[]>;
}

/** What the recipient's copy is made of. */
export interface RenderContext {
  emailId: string;
  workspaceId: string;
  campaignId: string;
  /** With an unsubscribe link in its headers; a footer with one is added where the content has none. */
  isMarketing: boolean;
  /** With an open pixel and click tracking. */
  isTracked: boolean;
  contact?: {
    id: string;
    email: string;
    firstName: string | null;
    lastName: string | null;
    metadata: JsonObject;
  };
  /** `{{ event.… }}` in automations, `{{ data.… }}` in transactional emails. */
  event?: { name: string; properties: JsonObject };
  data?: JsonObject;
}
export interface RenderedEmail {
  subject: string;
  html: string;
  text: string;
  headers: Record<string, string>;
}
/** Thrown for content that cannot be rendered: the email fails for good, with this message as its reason. */
export class ContentError extends Error {}

/** Throws ContentError. Needs: src/email/render.ts. */
export interface EmailRenderer {
  render(content: EmailContent, context: RenderContext): Promise<RenderedEmail>;
}
