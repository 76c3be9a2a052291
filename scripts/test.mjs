// npm test: installs, builds, runs every test and ends with one plain line of counts.
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execNode } from "./lib/exec.mjs";
import { root } from "./lib/paths.mjs";
import { prepareProject, runScript } from "./lib/prepare.mjs";
import { findChromium, findFirefox, findNatsServer, findPythonTorch } from "./lib/tools.mjs";

const NO_REPORT = 1;

await runScript(async () => {
  const missing = missingGroups();
  if (missing.required.length > 0) throw new Error(missing.required.join("\n"));
  await prepareProject();
  const scratch = await mkdtemp(join(tmpdir(), "flexvar-test-"));
  try {
    const report = join(scratch, "report.json");
    const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
    const code = await execNode(vitest, ["run", ...reporters, ...process.argv.slice(2)]);
    return await summarise(report, code, missing.skipped);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
});

/** Prints the closing lines; returns the exit code. A file that could not run at all counts as one failure. */
async function summarise(reportFile, code, skippedGroups) {
  if (!existsSync(reportFile)) {
    console.log("0 passed, 1 failed");
    return code || NO_REPORT;
  }
  const report = JSON.parse(await readFile(reportFile, "utf8"));
  const isFailed = ({ status }) => status === "failed";
  const brokenFiles = report.testResults.filter((f) => isFailed(f) && !f.assertionResults.some(isFailed)).length;
  const failed = report.numFailedTests + brokenFiles;
  const skipped = report.numPendingTests + (report.numTodoTests ?? 0);
  for (const line of skippedGroups) console.log(line);
  const tail = skipped > 0 ? `, ${skipped} skipped` : "";
  console.log(`${report.numPassedTests} passed, ${failed} failed${tail}`);
  return code || (failed > 0 ? 1 : 0);
}

/**
 * Groups of tests that need a program this machine lacks; `FLEXVAR_REQUIRE_CHROMIUM=1` makes Chromium compulsory, `FLEXVAR_REQUIRE_FIREFOX=1`
 * Firefox, `FLEXVAR_REQUIRE_NATS=1` a NATS server.
 */
function missingGroups() {
  const skipped = [];
  const required = [];
  if (findChromium() === undefined) {
    if (process.env.FLEXVAR_REQUIRE_CHROMIUM)
      required.push("test: expected an installed Chromium (FLEXVAR_REQUIRE_CHROMIUM is set), got none");
    else skipped.push("skipped group: browser tests (no Chromium found; install one or set FLEXVAR_CHROMIUM)");
  }
  if (findFirefox() === undefined) {
    if (process.env.FLEXVAR_REQUIRE_FIREFOX)
      required.push("test: expected an installed Firefox (FLEXVAR_REQUIRE_FIREFOX is set), got none");
    else skipped.push("skipped group: the studio in Firefox (none found; install it or set FLEXVAR_FIREFOX)");
  }
  if (findNatsServer() === undefined) {
    if (process.env.FLEXVAR_REQUIRE_NATS)
      required.push("test: expected an installed nats-server (FLEXVAR_REQUIRE_NATS is set), got none");
    else skipped.push("skipped group: clusters (no nats-server found; install it or set FLEXVAR_NATS_SERVER)");
  }
  if (findPythonTorch() === undefined) {
    skipped.push(
      "skipped group: PyTorch comparisons (no Python with torch found; install python3-torch or set FLEXVAR_PYTHON)",
    );
  }
  return { skipped, required };
}
