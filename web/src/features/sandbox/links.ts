export type Part = { text: string; href?: undefined } | { text: string; href: string };

/** Splits a message into text and web addresses. A full stop or bracket at the end belongs to the sentence. */
export function parts(text: string): Part[] {
  const found: Part[] = [];
  let at = 0;
  for (const match of text.matchAll(/https?:\/\/[^\s<>"]+/g)) {
    const href = match[0].replace(/[.,;:!?)\]]+$/, "");
    if (match.index > at) {
      found.push({ text: text.slice(at, match.index) });
    }
    found.push({ text: href, href });
    at = match.index + href.length;
  }
  if (at < text.length) {
    found.push({ text: text.slice(at) });
  }
  return found;
}
