/** Regular expressions of the source take linear time, whatever text they meet: recheck looks for texts that slow them down. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { expect, test } from "vitest";
import { projectRoot } from "./support/imports.ts";
import { type FoundRegExp, regExpsOf, regExpsUnder } from "./support/regexps.ts";

// The build without threads or programs of other languages, for the same result everywhere.
const { checkSync } = createRequire(import.meta.url)("recheck/lib/browser.js") as typeof import("recheck");

/**
 * What is wrong with an expression; undefined where nothing is. Checked by automaton, which gives one answer whatever the machine's load;
 * it knows no looking ahead or behind, so the source does without.
 */
function fault({ pattern, flags, place }: FoundRegExp): string | undefined {
  if (pattern === undefined) return `${place}: expected a literal that can be checked, got one made at run time`;
  const result = checkSync(pattern, flags, { timeout: null, checker: "automaton" });
  if (result.status === "safe") return undefined;
  const found = result.status === "vulnerable" ? result.complexity.summary : result.error.kind;
  return `${place}: expected linear time, got ${found} (/${pattern}/${flags})`;
}

test("the checker finds what it is there for", () => {
  const slow = String.raw`a.match(/^(\d+\s*)+$/); b.replace(/\s+$/, ""); new RegExp(c); d.match(/x{1,9}y/);`;
  expect(regExpsOf(slow, "a.ts").map(fault)).toEqual([
    expect.stringContaining("a.ts:1: expected linear time, got exponential"),
    expect.stringContaining("got 2nd degree polynomial"),
    expect.stringContaining("made at run time"),
    undefined,
  ]);
});

test.each(["src", "studio"])("every regular expression of %s is linear", { timeout: 600_000 }, (folder) => {
  const found = regExpsUnder(join(projectRoot, folder));
  expect(found.length).toBeGreaterThan(5);
  const distinct = new Map(found.map((one) => [`/${one.pattern}/${one.flags}`, one]));
  expect([...distinct.values()].map(fault).filter((words) => words !== undefined)).toEqual([]);
});
