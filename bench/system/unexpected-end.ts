/** Fails when a process ends that was not told to: what is measured after that means nothing. */
export class UnexpectedEnd {
  readonly failed: Promise<never>;
  private fail: (error: Error) => void = () => undefined;
  private readonly expected = new Set<number>();

  constructor() {
    this.failed = new Promise((_resolve, reject) => {
      this.fail = reject;
    });
    // Whoever waits for it gets the reason; nobody may be waiting.
    this.failed.catch(() => undefined);
  }

  watch(name: string, pid: number, exited: Promise<unknown>): void {
    void exited.then(() => {
      if (!this.expected.delete(pid)) this.fail(new Error(`${name} ended by itself`));
    });
  }

  expect(pid: number): void {
    this.expected.add(pid);
  }
}
