/** What pages carry, as the documentation's table has it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { buildAll } from "../scripts/build.mjs";
import { measureSizes, readSizes } from "../scripts/lib/sizes.mjs";
import { projectRoot } from "./support/imports.ts";

/** Where the package has to be built first. */
const BUILD_MS = 300_000;
const SHELL_BYTES = 250_000;
/** Share that a part may differ from the table. */
const TOLERANCE = 0.03;
/** The table has tenths of kilobytes for small parts. */
const ROUNDING = 60;

beforeAll(() => buildAll({ ifNeeded: true }), BUILD_MS);

test("every part is as large as the table says (node scripts/sizes.mjs --write renews it), the page at most 250 kB", async () => {
  const sizes = await measureSizes();
  const stated = readSizes(readFileSync(join(projectRoot, "docs", "static.md"), "utf8"));
  expect(sizes.map(({ part }) => part)).toEqual(stated.map(({ part }) => part));
  const off = sizes.filter(({ bytes, gzip }, i) =>
    [bytes - stated[i]!.bytes, gzip - stated[i]!.gzip].some(
      (by, j) => Math.abs(by) > ROUNDING + TOLERANCE * (j === 0 ? bytes : gzip),
    ),
  );
  expect(off).toEqual([]);
  expect(sizes[0]!.gzip).toBeLessThanOrEqual(SHELL_BYTES);
});
