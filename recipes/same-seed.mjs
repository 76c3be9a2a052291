// node recipes/same-seed.mjs [MODEL] [--seeds 100] [--dtype fp32|int8] [--out runs/same-seed/NAME.jsonl] [--threads N]: draws every seed with ONNX
// Runtime for Node and with its WebAssembly, and compares the tokens. Goes on where an earlier run stopped. Of every first
// difference it says how near the draw was to the other token: in logits over temperature, or at the edge of top-p as a share of probability.
import { appendFile, mkdir, readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { FlexVAR, imageStream, RowSampler, raceTime } from "../dist/index.js";
import { FlexVAR as WebFlexVAR } from "../dist/web/index.js";
import { readFlags } from "./lib/flags.mjs";
import { firstDifference } from "./lib/same-seed.mjs";

/** Bars: share of pictures with the same tokens, and the largest distance from a boundary. */
const IDENTICAL = 0.99;
const DISTANCE = 1e-4;

const { values, positionals } = readFlags(
  { seeds: "100", dtype: undefined, out: undefined, threads: undefined },
  { allowPositionals: true },
);
const folder = resolve(positionals[0] ?? "models/emoji");
const seeds = Number(values.seeds);
const { dtype } = values;
const out =
  values.out ?? join("runs", "same-seed", `${basename(folder)}${dtype === undefined ? "" : `-${dtype}`}.jsonl`);
const options = { dtype, ...(values.threads !== undefined && { threads: Number(values.threads) }) };

const lines = await readFile(out, "utf8").catch(() => "");
const results = new Map(
  lines
    .split("\n")
    .filter((line) => line.endsWith("}"))
    .map((line) => JSON.parse(line))
    .map((result) => [result.seed, result]),
);
const missing = Array.from({ length: seeds }, (_, seed) => seed).filter((seed) => !results.has(seed));

if (missing.length > 0) {
  await mkdir(dirname(out), { recursive: true });
  const node = await FlexVAR.fromPretrained(folder, options);
  const web = await WebFlexVAR.fromPretrained("https://model.invalid/", {
    device: "wasm",
    ...options,
    fetch: async (address) => new Response(await readFile(join(folder, basename(new URL(address).pathname)))),
  });
  for (const seed of missing) {
    const result = await compare(node, web, seed);
    results.set(seed, result);
    await appendFile(out, `${JSON.stringify(result)}\n`);
    console.error(`seed ${seed}: ${result.difference === null ? "identical" : JSON.stringify(result.difference)}`);
  }
  await node.dispose();
  await web.dispose();
}

const counted = [...results.values()].filter(({ seed }) => seed < seeds);
const different = counted.filter(({ difference }) => difference !== null);
const share = 1 - different.length / counted.length;
const farthest = Math.max(0, ...different.map(({ difference }) => difference.distance));
const report = {
  model: basename(folder),
  ...(dtype !== undefined && { dtype }),
  seeds: counted.length,
  identical: share,
  largest_logit_difference: Math.max(...counted.map((one) => one.logits)),
  differences: different.map(({ seed, difference }) => ({ seed, ...difference })),
  holds: share >= IDENTICAL && farthest <= DISTANCE,
};
console.log(JSON.stringify(report, null, 2));
process.exitCode = report.holds ? 0 : 1;

/** One picture both ways: the largest difference of logits up to the first other token, and that token. */
async function compare(node, web, seed) {
  const classId = seed % (node.config.transformer?.numClasses ?? 1);
  const options = { classLabels: [classId], seed };
  const { filters, greedySteps } = node.resolve(options);
  const theirs = web.generate(options);
  let logits = 0;
  let drawn = 0;
  let difference = null;
  for await (const ours of node.generate(options)) {
    const { value } = await theirs.next();
    for (let i = 0; i < ours.logits.length; i++) logits = Math.max(logits, Math.abs(ours.logits[i] - value.logits[i]));
    const at = ours.tokens.findIndex((token, i) => token !== value.tokens[i]);
    if (at >= 0) {
      const { index } = ours;
      const decided = { filter: filters[index], greedy: greedySteps[index] };
      const place = { seed, classId, drawn: drawn + at, at, ...decided };
      const found = firstDifference(ours, value, place, { imageStream, RowSampler, raceTime });
      difference = { scale: index, token: at, ...found };
      break;
    }
    drawn += ours.tokens.length;
  }
  await theirs.return();
  return { seed, class_id: classId, logits, difference };
}
