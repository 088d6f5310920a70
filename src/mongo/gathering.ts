/** Thrown when more waits to be written than memory should hold: the sender is asked to come again. */
export class OverloadedError extends Error {}

export interface GatheringLimits {
  /** Items of one write. A parcel is never split, so one that is larger alone makes a write of its own. */
  maxItems: number;
  /** Writes under way at a time. */
  maxInFlight: number;
  /** While so many items wait, `add` throws an OverloadedError. */
  maxWaiting: number;
}

interface Parcel<Item, Result> {
  items: Item[];
  resolve: (results: Result[]) => void;
  reject: (error: unknown) => void;
}

/**
 * Group commit: a write at rest leaves at once; while writes are under way, what arrives gathers and leaves with the
 * next one. Each caller gets the results of its own items, in their order; a write that fails fails for all in it.
 */
export class Gathering<Item, Result> {
  private parcels: Parcel<Item, Result>[] = [];
  private waiting = 0;
  private inFlight = 0;

  constructor(
    private readonly write: (items: Item[]) => Promise<Result[]>,
    private readonly limits: GatheringLimits,
  ) {}

  async add(items: Item[]): Promise<Result[]> {
    if (items.length === 0) return [];
    if (this.waiting >= this.limits.maxWaiting) {
      throw new OverloadedError(`${this.waiting} items wait to be written`);
    }
    return new Promise((resolve, reject) => {
      this.parcels.push({ items, resolve, reject });
      this.waiting += items.length;
      this.leave();
    });
  }

  private leave(): void {
    while (this.inFlight < this.limits.maxInFlight && this.parcels.length > 0) {
      const group = this.takeGroup();
      this.inFlight++;
      void this.writeGroup(group).finally(() => {
        this.inFlight--;
        this.leave();
      });
    }
  }

  private takeGroup(): Parcel<Item, Result>[] {
    let items = 0;
    let count = 0;
    for (const parcel of this.parcels) {
      if (count > 0 && items + parcel.items.length > this.limits.maxItems) break;
      items += parcel.items.length;
      count++;
    }
    this.waiting -= items;
    return this.parcels.splice(0, count);
  }

  private async writeGroup(group: Parcel<Item, Result>[]): Promise<void> {
    try {
      const results = await this.write(group.flatMap(({ items }) => items));
      let start = 0;
      for (const { items, resolve } of group) resolve(results.slice(start, (start += items.length)));
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }
}
