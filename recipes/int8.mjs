// node recipes/int8.mjs [--depths 16,24] [--runs 3] [--dir DIR]: memory and opening of random models of the released sizes in float32 and
// quantised, each picture drawn by a process of its own: largest resident memory, time from the process's start to the first scale, and the whole
// command's. Files are in the page cache; the least of the runs counts. About 2 GB of disk for depth 16, 6 GB for 24.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";
import { readFlags } from "./lib/flags.mjs";
import { cli } from "./lib/flexvar.mjs";

const { values: flags } = readFlags({ depths: "16,24", runs: "3", dir: join(tmpdir(), "flexvar-int8") });
const source = async (path) =>
  (
    await runnerImport(fileURLToPath(new URL(`../src/${path}`, import.meta.url)), {
      configFile: false,
      logLevel: "error",
    })
  ).module;

/** Runs `flexvar` and gives what `--json` prints. */
function flexvar(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args, "--json", "--quiet"], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

/** The folders of a depth, made once. */
async function folders(depth) {
  const [floats, integers] = [join(flags.dir, `d${depth}`), join(flags.dir, `d${depth}-int8`)];
  if (!existsSync(floats)) {
    const { releasedConfig, writeRandomModel } = await source("bench/random-model.ts");
    mkdirSync(floats, { recursive: true });
    await writeRandomModel(floats, releasedConfig(depth));
  }
  // Random weights have no outliers to smooth, and no quality to lose.
  if (!existsSync(integers))
    flexvar("quantize", floats, "--out", integers, "--pictures", "1", "--smoothing", "0", "--force");
  return { float32: floats, int8: integers };
}

const least = (values) => Math.min(...values);

for (const depth of flags.depths.split(",").map(Number))
  for (const [dtype, folder] of Object.entries(await folders(depth))) {
    const runs = Array.from({ length: Number(flags.runs) }, () => {
      const out = join(flags.dir, "out");
      const report = flexvar("generate", "--model", folder, "--class", "1", "--out", out);
      rmSync(out, { recursive: true });
      return report;
    });
    const timing = (name) => Math.round(least(runs.map(({ timings_ms }) => timings_ms[name])));
    const memory = Math.round(least(runs.map(({ peak_rss_bytes }) => peak_rss_bytes)) / 1e6);
    console.log(
      `d${depth} ${dtype}: ${memory} MB, first scale ${timing("first_scale")} ms, whole command ${timing("total")} ms`,
    );
  }
