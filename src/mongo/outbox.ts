import { z } from 'zod';
import type { Outbox } from '../../activities/send-email';
import type { EmailContent } from '../../domain/email';
import { emailFrom } from './emails';
import { messageOf } from './ingest';
import type { Stores } from './stores';

/** A record without a prototype's names: those never reach a template. */
const dataSchema = z.record(z.string(), z.json());

/** What emails that no campaign sends are made of: their own content, or a template with the data or event they have. */
export function createOutbox(stores: Pick<Stores, 'emails' | 'templates' | 'runs' | 'messages'>): Outbox {
  const contentOf = async (workspaceId: string, templateId: string | undefined): Promise<EmailContent | undefined> => {
    if (templateId === undefined) return undefined;
    return stores.templates.get(workspaceId, templateId);
  };
  /** The track that the automation's run was started by. */
  const eventOf = async (runKey: string | undefined) => {
    const run = runKey === undefined ? undefined : await stores.runs.get(runKey);
    const [document] = run ? await stores.messages.byKeys([run.messageKey]) : [];
    const message = document && messageOf(document);
    return message?.type === 'track' ? { name: message.event, properties: message.properties } : undefined;
  };

  return {
    async load(emailId) {
      const [row] = await stores.emails.byIds([emailId]);
      if (!row) return undefined;
      const [content, event] = await Promise.all([
        row.content ?? contentOf(row.workspaceId, row.templateId),
        eventOf(row.runKey),
      ]);
      return {
        email: emailFrom(row),
        ...(content ? { content } : {}),
        ...(row.from === undefined ? {} : { from: row.from }),
        ...(event ? { event } : {}),
        ...(row.data === undefined ? {} : { data: dataSchema.parse(JSON.parse(row.data)) }),
      };
    },
  };
}
