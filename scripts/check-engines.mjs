// Fails when a locked package says that it does not run on Node 20.19, the oldest version this project promises.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./lib/paths.mjs";
import { satisfies } from "./lib/ranges.mjs";

const OLDEST = [20, 19, 0];

const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
const withEngines = Object.entries(packages).filter(([, entry]) => entry.engines?.node !== undefined);
const excluded = withEngines.filter(([, entry]) => !satisfies(OLDEST, entry.engines.node));

for (const [path, { version, engines }] of excluded) {
  console.error(`${path}@${version}: expected engines.node to allow ${OLDEST.join(".")}, got "${engines.node}"`);
}
if (excluded.length === 0) console.log(`engines: ${withEngines.length} packages allow Node ${OLDEST.join(".")}`);
process.exitCode = excluded.length === 0 ? 0 : 1;
