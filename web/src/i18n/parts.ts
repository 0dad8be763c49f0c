import i18next from "i18next";

// English texts that are not in the first load. A part is fetched with the page that speaks it; a test checks that nothing else does.
// French is one file, fetched when it is spoken.
const parts = {
  approval: async () => (await import("./en/approval")).approval,
  carrier: async () => (await import("./en/carrier")).carrier,
  effect: async () => (await import("./en/effect")).effect,
  graph: async () => (await import("./en/graph")).graph,
  mail: async () => (await import("./en/mailReason")).mailReason,
  outbox: async () => (await import("./en/outbox")).outbox,
  review: async () => (await import("./en/review")).review,
  rights: async () => (await import("./en/rights")).rights,
  answered: async () => (await import("./en/answered")).answered,
  use: async () => (await import("./en/use")).use,
  reasons: async () => (await import("./en/reasons")).reasons,
};

export type Part = keyof typeof parts;

const asked = new Map<Part, Promise<void>>();

/** Fetches a part of the English texts, once. It fails if it cannot be fetched, as a page does, and may then be asked for again. */
export function loadTexts(part: Part): Promise<void> {
  const known = asked.get(part);
  if (known) {
    return known;
  }
  const loading = parts[part]().then(
    (texts) => void i18next.addResourceBundle("en", "translation", texts, true, true),
    (error: unknown) => {
      asked.delete(part);
      throw error;
    },
  );
  asked.set(part, loading);
  return loading;
}

/** What fetches a page together with its texts: `speaking("outbox", () => import("…"))`. */
export function speaking<T>(part: Part, load: () => Promise<T>): () => Promise<T> {
  return async () => (await Promise.all([load(), loadTexts(part)]))[0];
}
