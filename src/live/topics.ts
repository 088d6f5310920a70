/** What a listener can hear of. */
export const topics = [
  'deliveries',
  'events',
  'rejections',
  'emails',
  'campaigns',
  'imports',
  'runs',
  'contacts',
] as const;
export type Topic = (typeof topics)[number];

/** The collection that each topic stands for. */
export const topicCollections: Record<Topic, string> = {
  deliveries: 'webhookDeliveries',
  events: 'messages',
  rejections: 'rejections',
  emails: 'emails',
  campaigns: 'campaigns',
  imports: 'imports',
  runs: 'automationRuns',
  contacts: 'contacts',
};
const topicsByCollection = new Map(topics.map((topic) => [topicCollections[topic], topic]));

export function topicOf(collection: string): Topic | undefined {
  return topicsByCollection.get(collection);
}

/** One document that came or was changed. */
export interface Change {
  topic: Topic;
  /** Its key in the database. */
  key: string;
  /** Known of what came; of what was changed only where the key says it. */
  workspaceId?: string;
}

/** The id by which the API knows a document of this key. */
export function publicId(topic: Topic, key: string): string {
  return topic === 'events' ? key.slice(key.indexOf('/') + 1) : key;
}
