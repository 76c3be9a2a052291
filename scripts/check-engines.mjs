// node scripts/check-engines.mjs [LOCK]: fails when a locked package says that it does not run on Node 20.19, the oldest version this project promises.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { satisfies } from "semver";
import { root } from "./lib/paths.mjs";

const OLDEST = "20.19.0";

const [lock = join(root, "package-lock.json")] = process.argv.slice(2);
const { packages } = JSON.parse(readFileSync(lock, "utf8"));
const withEngines = Object.entries(packages).filter(([, entry]) => entry.engines?.node !== undefined);
// A range that cannot be read allows nothing.
const excluded = withEngines.filter(([, entry]) => !satisfies(OLDEST, entry.engines.node));

for (const [path, { version, engines }] of excluded) {
  console.error(`${path}@${version}: expected engines.node to allow ${OLDEST}, got "${engines.node}"`);
}
if (excluded.length === 0) console.log(`engines: ${withEngines.length} packages allow Node ${OLDEST}`);
process.exitCode = excluded.length === 0 ? 0 : 1;
