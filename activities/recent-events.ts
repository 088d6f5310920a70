import type { WebhookEvent } from '../domain/webhook-events';

/** Some groups' worth; an event is taken out milliseconds after it was put in. */
const maxCharacters = 16_000_000;

/**
 * Events from their commit to their dispatch, which follows in the same process as a rule. Whatever is not found here
 * (another worker, a redo) is read from MongoDB: this only saves reading back what was just written.
 */
export class RecentEvents {
  private readonly events = new Map<string, WebhookEvent>();
  private characters = 0;

  put(events: readonly WebhookEvent[]): void {
    for (const event of events) {
      this.events.set(event.id, event);
      this.characters += event.body.length;
    }
    for (const id of this.events.keys()) {
      if (this.characters <= maxCharacters) break;
      this.drop(id);
    }
  }

  /** Each event is handed out once: a redo reads what became of it. */
  take(ids: readonly string[]): Map<string, WebhookEvent> {
    const taken = new Map<string, WebhookEvent>();
    for (const id of ids) {
      const event = this.drop(id);
      if (event) taken.set(id, event);
    }
    return taken;
  }

  private drop(id: string): WebhookEvent | undefined {
    const event = this.events.get(id);
    if (event) this.characters -= event.body.length;
    this.events.delete(id);
    return event;
  }
}
