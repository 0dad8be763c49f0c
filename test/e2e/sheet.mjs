// One page with all pictures side by side, and one large picture of each size, theme and language: to look at everything at once.
import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

/** The kinds of pictures there are of each page. */
export const variants = ["en", "fr"].flatMap((locale) => ["light", "dark"].flatMap((theme) => [1280, 390].map((width) => ({ width, theme, locale, key: `${width}-${theme}-${locale}` }))));

/** Writes contact-sheet.html for the pictures `NAME-WIDTH-THEME-LOCALE.png` in `out`, and a picture of each of its parts. */
export async function contactSheet(browser, out, names) {
  const file = `${out}contact-sheet.html`;
  writeFileSync(file, html(names));
  const page = await browser.newPage({ viewport: { width: 2000, height: 1200 } });
  await page.goto(pathToFileURL(file).href);
  await page.waitForFunction(() => [...document.images].every((image) => image.complete));
  for (const { key } of variants) {
    await page.locator(`[id="${key}"]`).screenshot({ path: `${out}contact-sheet-${key}.png` });
  }
  await page.close();
  return file;
}

function html(names) {
  const section = ({ key, width }) => `
<section id="${key}"><h2>${key}</h2><div class="w${width}">
${names.map((name) => `<figure><a href="${name}-${key}.png"><img src="${name}-${key}.png" alt=""></a><figcaption>${name}</figcaption></figure>`).join("\n")}
</div></section>`;
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Countersign: every page</title>
<style>
body { margin: 16px; font: 13px/1.4 system-ui, sans-serif; background: #8b8f98; color: #fff }
section { padding: 8px; background: #8b8f98 }
div { display: grid; gap: 12px }
.w1280 { grid-template-columns: repeat(4, 1fr) }
.w390 { grid-template-columns: repeat(8, 1fr) }
figure { margin: 0 }
img { display: block; width: 100%; border-radius: 4px }
</style>
${variants.map(section).join("\n")}
</html>`;
}
