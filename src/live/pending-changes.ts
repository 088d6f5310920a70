import { publicId, type Topic } from './topics';

/** Ids in one piece of news. */
export const maxIds = 100;
/** Documents of one topic whose workspace is asked for at a time. */
const maxUnowned = 2_000;

export interface ChangeNews {
  topic: Topic;
  ids: string[];
  /** More have changed than are named. */
  isMore: boolean;
}

/** What has changed since listeners were told last; bounded, however much that is. */
export class PendingChanges {
  private owned = new Map<string, Map<Topic, BoundedSet>>();
  private unowned = new Map<Topic, BoundedSet>();

  get isEmpty(): boolean {
    return this.owned.size === 0 && this.unowned.size === 0;
  }

  add(workspaceId: string, topic: Topic, key: string): void {
    const ofWorkspace = this.owned.get(workspaceId) ?? new Map<Topic, BoundedSet>();
    this.owned.set(workspaceId, ofWorkspace);
    setOf(ofWorkspace, topic, maxIds).add(publicId(topic, key));
  }

  addUnowned(topic: Topic, key: string): void {
    setOf(this.unowned, topic, maxUnowned).add(key);
  }

  take(): { workspaceId: string; news: ChangeNews }[] {
    const taken = [...this.owned].flatMap(([workspaceId, ofWorkspace]) =>
      [...ofWorkspace].map(([topic, { values, isFull: isMore }]) => ({
        workspaceId,
        news: { topic, ids: [...values], isMore },
      })),
    );
    this.owned = new Map();
    return taken;
  }

  takeUnowned(): { topic: Topic; keys: string[]; isMore: boolean }[] {
    const taken = [...this.unowned].map(([topic, { values, isFull: isMore }]) => ({
      topic,
      keys: [...values],
      isMore,
    }));
    this.unowned = new Map();
    return taken;
  }

  clear(): void {
    this.owned = new Map();
    this.unowned = new Map();
  }
}

class BoundedSet {
  readonly values = new Set<string>();
  /** Something was left out. */
  isFull = false;

  constructor(private readonly max: number) {}

  add(value: string): void {
    if (this.values.size < this.max) this.values.add(value);
    else if (!this.values.has(value)) this.isFull = true;
  }
}

function setOf(sets: Map<Topic, BoundedSet>, topic: Topic, max: number): BoundedSet {
  const set = sets.get(topic) ?? new BoundedSet(max);
  sets.set(topic, set);
  return set;
}
