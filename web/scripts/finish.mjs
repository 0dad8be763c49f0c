// After the build: the placeholder that keeps the folder in the repository, the typeface at once, and the size of the first load, which has a limit.
import { gzipSync } from "node:zlib";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const dist = new URL("../dist/", import.meta.url).pathname;
const limit = 250 * 1024;

writeFileSync(join(dist, ".gitkeep"), "");

// The typeface is asked for with the page, not only once its styles are read: text does not change its width then.
const typeface = readdirSync(join(dist, "assets")).find((file) => /^inter-latin-wght-normal-.*\.woff2$/.test(file));
const page = readFileSync(join(dist, "index.html"), "utf8");
const html = page.replace("</title>", `</title>\n    <link rel="preload" href="/assets/${typeface}" as="font" type="font/woff2" crossorigin />`);
if (!typeface || html === page) {
  console.error("the typeface is not where it was");
  process.exit(1);
}
writeFileSync(join(dist, "index.html"), html);
const first = [...html.matchAll(/(?:src|href)="\/([^"]+\.(?:js|css))"/g)].map((m) => m[1]);
const size = first.reduce((sum, file) => sum + gzipSync(readFileSync(join(dist, file))).length, 0);
console.log(`first load: ${(size / 1024).toFixed(1)} KB gzipped in ${first.length} files (limit ${limit / 1024} KB)`);
if (size > limit) {
  console.error("the first load is over its limit");
  process.exit(1);
}
