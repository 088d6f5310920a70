import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { Feed, FeedListener, OpenFeed } from './change-feed';
import { PendingChanges, type ChangeNews } from './pending-changes';
import type { Change, Topic } from './topics';

export const maxListenersOfWorkspace = 50;
const coalesceMs = 500;
const lingerMs = 30_000;
/** Whose documents are: those that came lately are changed next. Some 150 bytes each. */
const rememberedOwners = 20_000;

/** Somebody who listens. `onNews` and `onGap` must not throw. */
export interface Listener {
  workspaceId: string;
  topics: ReadonlySet<Topic>;
  onNews: (news: ChangeNews) => void;
  onGap: () => void;
}

export interface LiveHubDeps {
  openFeed: OpenFeed;
  /** The workspaces of documents by their keys; those that are gone are left out. */
  ownersOf: (topic: Topic, keys: string[]) => Promise<Map<string, string>>;
  logger: Logger;
}

/** Tells listeners which documents of their workspace have changed: over one stream for all, open while anyone listens. */
export class LiveHub {
  private readonly listeners = new Set<Listener>();
  private readonly owners = new LRUCache<string, string>({ max: rememberedOwners });
  private readonly pending = new PendingChanges();
  private feed: Promise<Feed> | undefined;
  private flushTimer: NodeJS.Timeout | undefined;
  private lingerTimer: NodeJS.Timeout | undefined;
  private isStopped = false;

  constructor(private readonly deps: LiveHubDeps) {}

  /**
   * Listens until the returned function is called; undefined where the workspace has all its listeners. Once the promise
   * holds, nothing that is written later is missed.
   */
  async listen(listener: Listener): Promise<(() => void) | undefined> {
    if (!this.hasRoom(listener.workspaceId)) return undefined;
    await this.open();
    // Others may have come meanwhile.
    if (!this.hasRoom(listener.workspaceId)) return undefined;
    clearTimeout(this.lingerTimer);
    this.listeners.add(listener);
    return () => {
      if (this.listeners.delete(listener)) this.closeLater();
    };
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    this.listeners.clear();
    clearTimeout(this.flushTimer);
    clearTimeout(this.lingerTimer);
    await this.close();
  }

  private hasRoom(workspaceId: string): boolean {
    const own = [...this.listeners].filter((listener) => listener.workspaceId === workspaceId);
    return own.length < maxListenersOfWorkspace;
  }

  private async open(): Promise<void> {
    if (this.isStopped) return;
    clearTimeout(this.lingerTimer);
    if (!this.feed) {
      const toFeed: FeedListener = { onChange: (change) => this.take(change), onGap: () => this.tellGap() };
      const feed = this.deps.openFeed(toFeed);
      this.feed = feed;
      // The next listener tries again.
      feed.catch(() => {
        if (this.feed === feed) this.feed = undefined;
      });
    }
    await this.feed;
    if (this.listeners.size === 0) this.closeLater();
  }

  private closeLater(): void {
    if (this.listeners.size > 0) return;
    clearTimeout(this.lingerTimer);
    this.lingerTimer = setTimeout(() => void this.close(), lingerMs);
    this.lingerTimer.unref();
  }

  private async close(): Promise<void> {
    const feed = this.feed;
    this.feed = undefined;
    this.pending.clear();
    await feed?.then((open) => open.close()).catch(() => undefined);
  }

  private take({ topic, key, workspaceId }: Change): void {
    if (workspaceId !== undefined && topic !== 'events') this.owners.set(key, workspaceId);
    const owner = workspaceId ?? this.owners.get(key);
    if (owner === undefined) {
      if (!this.isHeard(topic)) return;
      this.pending.addUnowned(topic, key);
    } else {
      if (!this.isHeard(topic, owner)) return;
      this.pending.add(owner, topic, key);
    }
    this.flushTimer ??= setTimeout(() => void this.flush(), coalesceMs);
  }

  private isHeard(topic: Topic, workspaceId?: string): boolean {
    for (const listener of this.listeners) {
      if (listener.topics.has(topic) && (workspaceId === undefined || listener.workspaceId === workspaceId))
        return true;
    }
    return false;
  }

  private async flush(): Promise<void> {
    try {
      await this.findOwners();
      for (const { workspaceId, news } of this.pending.take()) this.tell(news, workspaceId);
    } catch (error) {
      this.deps.logger.warn({ err: error }, 'live.owners_unknown');
      this.pending.clear();
      this.tellGap();
    } finally {
      // What came meanwhile waits as long as what came before.
      this.flushTimer = this.pending.isEmpty ? undefined : setTimeout(() => void this.flush(), coalesceMs);
    }
  }

  private async findOwners(): Promise<void> {
    for (const { topic, keys, isMore } of this.pending.takeUnowned()) {
      // More than can be asked for: everybody looks again, and no id is told.
      if (isMore) this.tell({ topic, ids: [], isMore: true });
      for (const [key, workspaceId] of await this.deps.ownersOf(topic, keys)) {
        this.owners.set(key, workspaceId);
        this.pending.add(workspaceId, topic, key);
      }
    }
  }

  private tell(news: ChangeNews, workspaceId?: string): void {
    for (const listener of this.listeners) {
      if (workspaceId !== undefined && listener.workspaceId !== workspaceId) continue;
      if (listener.topics.has(news.topic)) listener.onNews(news);
    }
  }

  private tellGap(): void {
    for (const listener of this.listeners) listener.onGap();
  }
}
