import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";

const script = new URL("../scripts/check-engines.mjs", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "flexvar-engines-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the check on the project's lock file, or on one of packages with these ranges. */
function check(ranges?: readonly string[]) {
  const lock = join(folder, "package-lock.json");
  const packages = Object.fromEntries(
    (ranges ?? []).map((node, i) => [`p${i}`, { version: "1.0.0", engines: { node } }]),
  );
  if (ranges !== undefined) writeFileSync(lock, JSON.stringify({ packages: { "": {}, ...packages } }));
  return spawnSync(process.execPath, [script, ...(ranges === undefined ? [] : [lock])], { encoding: "utf8" });
}

test("every locked package allows the oldest Node that is promised", () => {
  const { status, stdout } = check();
  expect(stdout).toMatch(/^engines: [1-9]\d+ packages allow Node 20\.19\.0\n$/);
  expect(status).toBe(0);
});

test("ranges that hold Node 20.19.0 pass, those that do not or are none are named", () => {
  const allowed = [">=20.19.0", "^20.19.0 || >=22.12.0", ">= 18", "20.x", "*", "", "~20.19", "16 - 20", "<=20.19"];
  expect(check(allowed)).toMatchObject({ status: 0, stdout: "engines: 9 packages allow Node 20.19.0\n" });
  const excluded = [">=22", "^18.0.0 || ^22", "<20.19.0", "^20.19.1", "14 - 18", ">20.19.0", "current"];
  const { status, stderr } = check([...excluded, ...allowed]);
  expect(status).toBe(1);
  expect(stderr.trim().split("\n")).toEqual(
    excluded.map((range, i) => `p${i}@1.0.0: expected engines.node to allow 20.19.0, got "${range}"`),
  );
});
