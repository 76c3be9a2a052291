/**
 * Estimates beside what runs then take: a table of commands of many sizes, batches and tasks, as in docs/benchmarks.md.
 *
 *   npm run build && node recipes/estimates.mjs [--model DIR] [--most 6GB]
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readFlags } from "./lib/flags.mjs";
import { cli, runNode } from "./lib/flexvar.mjs";

const { values } = readFlags({ model: undefined, most: "6GB" });
const folder = await mkdtemp(join(tmpdir(), "flexvar-estimates-"));
const small = join(folder, "small");
const picture = (name) => join(folder, name, "000.png");
const flexvar = (args, out) => {
  const model = values.model === undefined ? [] : ["--model", values.model];
  const all = [cli, ...args, ...model, "--memory", values.most, "--seed", "1", "--out", out, "--quiet", "--json"];
  const { status, stdout } = runNode(all, { capture: true });
  if (status !== 0) throw new Error(`estimates: ${args.join(" ")} ended with ${status}`);
  return JSON.parse(stdout);
};

const draw = (size, count, ...more) => ["generate", "--class", "4", "--size", size, "--count", String(count), ...more];
const RUNS = [
  draw("32", 1),
  draw("64", 1),
  draw("64", 4),
  draw("64", 8),
  draw("64", 16),
  draw("64", 1, "--steps", "6"),
  draw("64", 1, "--preview"),
  draw("96x64", 1),
  draw("96", 4),
  draw("128x64", 2),
  draw("128", 1),
  draw("128", 2, "--batch", "2"),
  draw("160", 1),
  draw("192", 1),
  draw("192", 1, "--guidance", "1", "--guidance-mode", "constant"),
  draw("256x128", 1),
  draw("256", 1),
  draw("192", 1, "--large", "windows"),
  draw("256", 1, "--large", "windows"),
  ["refine", "SMALL", "--size", "128", "--class", "4"],
  ["refine", "SMALL", "--size", "256", "--class", "4"],
  ["refine", "SMALL", "--size", "192", "--class", "4", "--whole"],
  ["outpaint", "SMALL", "--left", "32", "--right", "32", "--class", "4", "--count", "4"],
  ["expand", "SMALL", "--ratio", "2:1", "--class", "auto"],
];

try {
  flexvar(draw("64", 1), small);
  console.log(
    "| run | estimated, MB | measured, MB | ratio | estimated, s | measured, s | ratio |\n|---|---|---|---|---|---|---|",
  );
  for (const [number, args] of RUNS.entries()) {
    const given = args.map((arg) => (arg === "SMALL" ? picture("small") : arg));
    const { estimate, peak_rss_bytes, timings_ms } = flexvar(given, join(folder, String(number)));
    const megabytes = [estimate.peak_bytes, peak_rss_bytes].map((bytes) => Math.round(bytes / 1e6));
    const seconds = [estimate.seconds, timings_ms.runtime / 1000];
    const ratio = ([a, b]) => (a / b).toFixed(2);
    const shown = args
      .join(" ")
      .replace("SMALL", "64.png")
      .replace(/ --class (4|auto)/, "");
    const times = seconds.map((s) => s.toFixed(1)).join(" | ");
    console.log(`| \`${shown}\` | ${megabytes.join(" | ")} | ${ratio(megabytes)} | ${times} | ${ratio(seconds)} |`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
