/** What can be done with a row. */
export interface Handlers {
  confirm: (id: string | null) => void;
  revoke: (id: string | null) => void;
  flag: (id: string | null) => void;
  undo: (id: string | null) => void;
  select: (id: string, range: boolean) => void;
  person: (id: string) => void;
}

/** Handlers that stay the same while what they do follows the page: an answer then draws its own row, and not two thousand. */
export class Acts {
  private now: Handlers | undefined;

  /** Says what they do from now on. */
  follow(now: Handlers): void {
    this.now = now;
  }

  readonly confirm = (id: string | null): void => this.now?.confirm(id);
  readonly revoke = (id: string | null): void => this.now?.revoke(id);
  readonly flag = (id: string | null): void => this.now?.flag(id);
  readonly undo = (id: string | null): void => this.now?.undo(id);
  readonly select = (id: string, range: boolean): void => this.now?.select(id, range);
  readonly person = (id: string): void => this.now?.person(id);
}
