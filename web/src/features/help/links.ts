import { type Guide, isGuide } from "./guides";

export type Target = { kind: "guide"; guide: Guide; section?: string } | { kind: "web"; href: string } | { kind: "none" };

/** Where a link of a guide leads: to a section of a guide, to the web, or (files of the repository) nowhere in the console. */
export function targetOf(href: string, here: Guide): Target {
  const [path = "", section] = href.split("#");
  if (path === "") {
    return { kind: "guide", guide: here, section };
  }
  const name = /^(?:\.\/)?([a-z]+)\.md$/.exec(path)?.[1];
  if (isGuide(name)) {
    return { kind: "guide", guide: name, section };
  }
  return href.startsWith("https://") ? { kind: "web", href } : { kind: "none" };
}
