/** Recovery codes as a text file, for Windows as for others. */
export function recoveryFile(title: string, about: string, codes: readonly string[]): string {
  return [title, about, "", ...codes, ""].join("\r\n");
}
