// node scripts/sizes.mjs [--write]: what pages carry, part by part, as the table of docs/static.md; --write puts it there.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buildAll } from "./build.mjs";
import { root } from "./lib/paths.mjs";
import { measureSizes, sizesTable } from "./lib/sizes.mjs";

await buildAll({ ifNeeded: true });
const table = sizesTable(await measureSizes());
console.log(table);
if (process.argv.includes("--write")) {
  const page = join(root, "docs", "static.md");
  await writeFile(page, (await readFile(page, "utf8")).replace(/\| part \| kB.*\n(?:\|.*\n)+/, `${table}\n`));
}
