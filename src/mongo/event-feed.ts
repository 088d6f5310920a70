import { once } from 'node:events';
import { MongoServerError, type ChangeStream } from 'mongodb';
import { z } from 'zod';
import type { NewWebhookEvent, WebhookEventDocument } from './webhook-events';

/** New webhook events in the order in which they are committed. */
export interface EventFeed {
  /** Where another feed would go on from here. */
  place(): string | undefined;
  next(): Promise<NewWebhookEvent>;
  close(): Promise<void>;
}

const tokenSchema = z.object({ _data: z.string() });

/** Resolves once the feed stands: nothing that is committed from then on is missed. */
export async function openEventFeed(changes: ChangeStream<WebhookEventDocument, NewWebhookEvent>): Promise<EventFeed> {
  let first: Promise<NewWebhookEvent> | undefined;
  try {
    const stands = once(changes, 'resumeTokenChanged');
    stands.catch(() => undefined);
    first = changes.next();
    first.catch(() => undefined);
    await Promise.race([stands, first]);
  } catch (error) {
    await changes.close();
    throw error;
  }
  return {
    place() {
      const token = tokenSchema.safeParse(changes.resumeToken);
      return token.success ? token.data._data : undefined;
    },
    next() {
      const next = first ?? changes.next();
      first = undefined;
      return next;
    },
    close: () => changes.close(),
  };
}

/** The place is not known any more, or never was: only a feed from now on can be had. */
export function isPlaceLost(error: unknown): boolean {
  return error instanceof MongoServerError && !error.hasErrorLabel('ResumableChangeStreamError');
}
