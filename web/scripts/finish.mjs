// After the build: the placeholder that keeps the folder in the repository, and the size of the first load, which has a limit.
import { gzipSync } from "node:zlib";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const dist = new URL("../dist/", import.meta.url).pathname;
const limit = 250 * 1024;

writeFileSync(join(dist, ".gitkeep"), "");

const html = readFileSync(join(dist, "index.html"), "utf8");
const first = [...html.matchAll(/(?:src|href)="\/([^"]+\.(?:js|css))"/g)].map((m) => m[1]);
const size = first.reduce((sum, file) => sum + gzipSync(readFileSync(join(dist, file))).length, 0);
console.log(`first load: ${(size / 1024).toFixed(1)} KB gzipped in ${first.length} files (limit ${limit / 1024} KB)`);
if (size > limit) {
  console.error("the first load is over its limit");
  process.exit(1);
}
