interface Slots {
  count: number;
  waiting: { max: number; go: () => void }[];
}

/** Bounds the attempts that this process makes at one endpoint at a time. Who finds no slot free waits for one, in order. */
export class EndpointSlots {
  private readonly taken = new Map<string, Slots>();

  /** Resolves once the endpoint has fewer than `max` attempts under way. The slot is to be released afterwards. */
  async take(endpointId: string, max: number): Promise<void> {
    const slots = this.taken.get(endpointId) ?? { count: 0, waiting: [] };
    this.taken.set(endpointId, slots);
    if (slots.count < max) slots.count++;
    else await new Promise<void>((resolve) => slots.waiting.push({ max, go: resolve }));
  }

  release(endpointId: string): void {
    const slots = this.taken.get(endpointId);
    if (!slots) return;
    slots.count--;
    // The first whose own bound allows it: the lane of an endpoint allows more than its groups do.
    const index = slots.waiting.findIndex(({ max }) => slots.count < max);
    const [next] = index < 0 ? [] : slots.waiting.splice(index, 1);
    if (next) {
      slots.count++;
      next.go();
    } else if (slots.count === 0) this.taken.delete(endpointId);
  }

  underWay(endpointId: string): number {
    return this.taken.get(endpointId)?.count ?? 0;
  }
}
