import { lexer, type Token, type Tokens } from "marked";

export interface Heading {
  depth: number;
  text: string;
  /** Its place in the address, as the repository's own pages make it. */
  id: string;
}

/** The blocks of a text, with its headings in order. */
export function outline(markdown: string): { tokens: Token[]; headings: Heading[] } {
  const tokens = lexer(markdown);
  const seen = new Map<string, number>();
  const headings = tokens
    .filter((token): token is Tokens.Heading => token.type === "heading")
    .map((token) => {
      const text = plain(token.tokens);
      const slug = slugOf(text);
      const times = seen.get(slug) ?? 0;
      seen.set(slug, times + 1);
      return { depth: token.depth, text, id: times === 0 ? slug : `${slug}-${times}` };
    });
  return { tokens, headings };
}

/** The text of inline marks without the marks. */
export function plain(tokens: readonly Token[] | undefined): string {
  return (tokens ?? []).map((token) => ("tokens" in token && token.tokens ? plain(token.tokens) : "text" in token ? unescape(String(token.text)) : "")).join("");
}

/** Lower case, words joined by hyphens, nothing else. */
export function slugOf(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
}

const entities: Record<string, string> = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'" };

/** The characters that marked writes as entities, for a reader that makes no HTML of them. */
export function unescape(text: string): string {
  return text.replace(/&(?:amp|lt|gt|quot|#39);/g, (entity) => entities[entity] ?? entity);
}
