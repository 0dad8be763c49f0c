import { lexer, type Token, walkTokens } from "marked";
import { describe, expect, it } from "vitest";
import { router } from "@/app/router";
import { type Guide, guideNames, guides, isGuide, pictures } from "./guides";
import { targetOf } from "./links";
import { outline, slugOf } from "./outline";
import { helpFor, helpPlaces } from "./places";

const anchors = Object.fromEntries(guideNames.map((name) => [name, outline(guides[name]).headings.map((h) => h.id)])) as Record<Guide, string[]>;

function exists(section: string): boolean {
  const [guide, anchor] = section.split("#");
  return isGuide(guide) && (anchor === undefined || anchors[guide].includes(anchor));
}

function tokens(name: Guide): Token[] {
  const found: Token[] = [];
  void walkTokens(lexer(guides[name]), (token) => void found.push(token));
  return found;
}

describe("help", () => {
  it("leads from each page to a section that exists", () => {
    expect(helpPlaces().filter(([, section]) => !exists(section))).toEqual([]);
  });

  it("knows every page behind the sign-in", () => {
    const pages = Object.values(router.routesById)
      .filter((route) => route.id.startsWith("/shell/"))
      .map((route) => route.fullPath as string);
    expect(pages.length).toBeGreaterThan(10);
    const known = helpPlaces().map(([page]) => page);
    expect(pages.filter((page) => !known.some((k) => page === k || (k !== "/" && page.startsWith(`${k}/`))))).toEqual([]);
  });

  it("takes the longest beginning of an address", () => {
    expect(helpFor("/settings/tokens")).toBe("administrator#tokens");
    expect(helpFor("/technicians/1")).toBe(helpFor("/technicians"));
    expect(helpFor("/settingsx")).toBe("technician");
  });
});

describe.each(guideNames)("the guide %s", (name) => {
  it("has no link that leads nowhere", () => {
    const links = tokens(name).flatMap((token) => (token.type === "link" ? [token.href as string] : []));
    const broken = links.filter((href) => {
      const target = targetOf(href, name);
      return target.kind === "guide" ? !exists(target.section ? `${target.guide}#${target.section}` : target.guide) : target.kind === "none" && !/^[\w./-]+(#[\w-]+)?$/.test(href);
    });
    expect(broken).toEqual([]);
  });

  it("has no picture that is missing, and no raw HTML", () => {
    const all = tokens(name);
    expect(all.filter((token) => token.type === "image" && !pictures[(token.href as string).split("/").at(-1) ?? ""])).toEqual([]);
    expect(all.filter((token) => token.type === "html")).toEqual([]);
  });
});

it("makes the same addresses of headings as the repository's pages", () => {
  expect(slugOf("Verifying a caller")).toBe("verifying-a-caller");
  expect(slugOf("People who leave, people who ask")).toBe("people-who-leave-people-who-ask");
  expect(outline("# A\n## B\n## B\n").headings.map((h) => h.id)).toEqual(["a", "b", "b-1"]);
});
