/** Something that is sent in parts: what came within a moment together, one part after the other, and nothing twice. */
export class Batch<T> {
  private waiting: T[] = [];
  private clock: ReturnType<typeof setTimeout> | undefined;
  private sending: Promise<void> | undefined;

  constructor(
    private readonly send: (part: T[]) => Promise<void>,
    private readonly pause = 400,
    private readonly most = 200,
  ) {}

  /** How much is not at the server yet. */
  get left(): number {
    return this.waiting.length + (this.sending ? 1 : 0);
  }

  /** Sends something in a moment. */
  add(...more: T[]): void {
    this.waiting.push(...more);
    this.clock ??= setTimeout(() => void this.flush(), this.pause);
  }

  /** Sends now what waits; done once everything is at the server. */
  flush(): Promise<void> {
    clearTimeout(this.clock);
    this.clock = undefined;
    this.sending ??= this.drain().finally(() => {
      this.sending = undefined;
    });
    return this.sending;
  }

  private async drain(): Promise<void> {
    if (this.waiting.length > 0) {
      await this.send(this.waiting.splice(0, this.most));
      await this.drain();
    }
  }
}
