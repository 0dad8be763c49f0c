/** Networks as they are typed: one on each line. */
export function linesOf(networks: readonly string[]): string {
  return networks.join("\n");
}

/** What stands on the lines, also when people part networks by commas or spaces. */
export function networksOf(text: string): string[] {
  return text.split(/[\s,;]+/).filter(Boolean);
}
