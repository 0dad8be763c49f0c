import type { LucideIcon } from "lucide-react";

/** One thing that the palette leads to. */
export interface Command {
  id: string;
  label: string;
  /** A soft word beside the label: the customer of a contact. */
  detail?: string;
  to: string;
  icon: LucideIcon;
}

/** Lower case, without accents: "Équipe" is found by "equipe". */
export function folded(text: string): string {
  return text.normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase();
}

/** The commands whose label has every word of the text, those that begin with it first. */
export function matching(commands: readonly Command[], text: string): Command[] {
  const words = folded(text).split(/\s+/).filter(Boolean);
  if (words.length === 0) {
    return [...commands];
  }
  const found = commands.filter((c) => words.every((word) => folded(c.label).includes(word)));
  const begins = (c: Command) => (folded(c.label).startsWith(words[0] ?? "") ? 0 : 1);
  return found.toSorted((a, b) => begins(a) - begins(b));
}

/** Whom to verify, when the text begins with that word ("verify pia"); null when it does not. */
export function toVerify(text: string, words: readonly string[]): string | null {
  const [first = "", ...rest] = text.trimStart().split(/\s+/);
  return words.some((word) => folded(word) === folded(first)) && text.includes(" ") ? rest.join(" ").trim() : null;
}
