import type { EmailEventStore } from '../mongo/email-events';
import type { MessageStore } from '../mongo/messages';
import type { Starter } from '../temporal/start';
import { StartLane, type Startable, type StartLaneDeps } from './start-lane';

/** A message that is durable. */
export interface StartableMessage extends Startable {
  type: 'identify' | 'track';
}
type Pace = Pick<StartLaneDeps<Startable>, 'logger' | 'budget' | 'clock'>;

export function createMessageLane(
  deps: Pace & {
    starter: Pick<Starter, 'startContactUpsert' | 'startCustomEvent' | 'startBatch'>;
    messages: Pick<MessageStore, 'done'>;
  },
): StartLane<StartableMessage> {
  const { starter, messages, ...pace } = deps;
  return new StartLane<StartableMessage>({
    ...pace,
    name: 'messages',
    startCost: 1,
    startOne: ({ type, key }) =>
      type === 'identify' ? starter.startContactUpsert(key) : starter.startCustomEvent(key),
    startGroup: (keys) => starter.startBatch(keys),
    // An identify always has its outcome after the commit; a track may go on to wait for its contact.
    endsAtCommit: ({ type }) => type === 'identify',
    done: (keys) => messages.done(keys),
  });
}

export function createEmailEventLane(
  deps: Pace & { starter: Pick<Starter, 'startEmailEvents'>; emailEvents: Pick<EmailEventStore, 'done'> },
): StartLane<Startable> {
  const { starter, emailEvents, ...pace } = deps;
  return new StartLane<Startable>({
    ...pace,
    name: 'emailEvents',
    // Larger groups, later: nobody waits for what comes of an open, and readers wait for their redirects.
    startCost: 3,
    startOne: ({ key }) => starter.startEmailEvents([key]),
    startGroup: (keys) => starter.startEmailEvents(keys),
    done: (keys) => emailEvents.done(keys),
  });
}
