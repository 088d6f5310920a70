import type { Collection, Db, IndexDescription } from 'mongodb';
import { listenAnswerSchema, type ListenAnswer } from '../../domain/listening';

/** An event that a person has sent to a listener. */
export interface ListenerRequest {
  id: string;
  workspaceId: string;
  listenerId: string;
  eventId: string;
  deliveryId?: string;
  state: 'waiting' | 'sent' | 'answered';
  createdAt: Date;
  answeredAt?: Date;
  answer?: ListenAnswer;
}

interface ListenerRequestDocument extends Omit<ListenerRequest, 'id' | 'answer'> {
  _id: string;
  /** JSON text: it is read as a whole, and taken away as a whole. */
  answer?: string;
}

const keptSeconds = 86_400;

export const listenerRequestIndexes: IndexDescription[] = [
  {
    key: { listenerId: 1, state: 1, _id: 1 },
    name: 'open',
    partialFilterExpression: { state: { $in: ['waiting', 'sent'] } },
  },
  { key: { createdAt: 1 }, name: 'expiry', expireAfterSeconds: keptSeconds },
  // The removal of a person.
  { key: { eventId: 1 }, name: 'byEvent' },
];

/** What was sent to listeners, and what they answered. Deliveries know nothing of it. */
export class ListenerRequestStore {
  private readonly collection: Collection<ListenerRequestDocument>;

  constructor(db: Db) {
    this.collection = db.collection('listenerRequests');
  }

  async insert({ id, answer: _answer, ...rest }: ListenerRequest): Promise<void> {
    await this.collection.insertOne({ _id: id, ...rest });
  }

  async get(workspaceId: string, id: string): Promise<ListenerRequest | undefined> {
    const document = await this.collection.findOne({ _id: id, workspaceId });
    return document ? fromDocument(document) : undefined;
  }

  /** The oldest that was not sent yet; from now on it is. */
  async take(listenerId: string): Promise<ListenerRequest | undefined> {
    const taken = await this.collection.findOneAndUpdate(
      { listenerId, state: 'waiting' },
      { $set: { state: 'sent' } },
      { sort: { _id: 1 }, returnDocument: 'after' },
    );
    return taken ? fromDocument(taken) : undefined;
  }

  /** What went into a connection that broke is sent again: a listener knows the ids that it has seen. */
  async sendAgain(listenerId: string): Promise<void> {
    await this.collection.updateMany({ listenerId, state: 'sent' }, { $set: { state: 'waiting' } });
  }

  /** Keeps the first answer. Returns false where there is no such request of that listener. */
  async answer(
    request: Pick<ListenerRequest, 'workspaceId' | 'listenerId' | 'id'>,
    answer: ListenAnswer,
    at: Date,
  ): Promise<boolean> {
    const { id, ...whose } = request;
    const answered = await this.collection.updateOne(
      { _id: id, ...whose, answeredAt: { $exists: false } },
      { $set: { state: 'answered', answeredAt: at, answer: JSON.stringify(answer) } },
    );
    return answered.matchedCount === 1 || (await this.collection.countDocuments({ _id: id, ...whose })) === 1;
  }

  /** Answers may repeat what was sent. */
  async forgetAnswers(eventIds: string[]): Promise<void> {
    await this.collection.updateMany({ eventId: { $in: eventIds } }, { $unset: { answer: true } });
  }
}

function fromDocument({ _id, answer, ...rest }: ListenerRequestDocument): ListenerRequest {
  return {
    id: _id,
    ...rest,
    ...(answer === undefined ? {} : { answer: listenAnswerSchema.parse(JSON.parse(answer)) }),
  };
}
