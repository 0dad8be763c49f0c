/** Why a file is not taken; null when it is. */
export function fileTrouble(file: { name: string; type: string; size: number }, accept: string, maxBytes: number): "kind" | "large" | "empty" | null {
  const kinds = accept.split(",").map((kind) => kind.trim().toLowerCase());
  const fits = kinds.some((kind) =>
    kind.startsWith(".") ? file.name.toLowerCase().endsWith(kind) : kind.endsWith("/*") ? file.type.startsWith(kind.slice(0, -1)) : file.type === kind,
  );
  return !fits ? "kind" : file.size === 0 ? "empty" : file.size > maxBytes ? "large" : null;
}

/** "640 kB", "2 MB". */
export function fileSize(bytes: number, language: string): string {
  const [unit, size] = bytes < 1024 ? (["byte", 1] as const) : bytes < 1024 * 1024 ? (["kilobyte", 1024] as const) : (["megabyte", 1024 * 1024] as const);
  return new Intl.NumberFormat(language, { style: "unit", unit, maximumFractionDigits: bytes < size * 10 ? 1 : 0 }).format(bytes / size);
}

/** Hands over a text that the page holds as a file of that name. */
export function downloadText(text: string, name: string, type: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  Object.assign(document.createElement("a"), { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
