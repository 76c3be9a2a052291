// node recipes/cluster-train.mjs [--data runs/fashion-data] [--out runs/cluster-train] [--steps 400] [--members 4] [--inner-steps 20]
// [--outer-rate 0.7] [--outer-momentum 0.9] [--answers fp16] [--no-kills] [--batch 64]: one transformer of Fashion-MNIST trained by one process, and the
// same config by a coordinator and four workers, one of which is killed with SIGKILL in every round and another started in its place. Prints both
// held-out losses, pictures and bytes. Ends with 1 where the workers' loss is more than 2 % above the single process's.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readFlags, refuse } from "./lib/flags.mjs";
import { cli, root, runNode } from "./lib/flexvar.mjs";
import { startNats } from "./lib/nats-server.mjs";

const { values: flags } = readFlags(
  {
    data: "runs/fashion-data",
    out: "runs/cluster-train",
    steps: "400",
    members: "4",
    batch: "64",
    "inner-steps": "20",
    "outer-rate": "0.7",
    "outer-momentum": "0.9",
    answers: "fp16",
    kills: true,
  },
  { allowNegative: true },
);
if (!existsSync(flags.data))
  refuse(`data: expected ${flags.data}, got none; node recipes/fashion/prepare.mjs makes it`);
const steps = Number(flags.steps);
const members = Number(flags.members);
const out = flags.out;
mkdirSync(out, { recursive: true });

const config = {
  kind: "transformer",
  about: {
    aim: "held-out loss of many workers beside that of one process",
    command: "node recipes/cluster-train.mjs",
    expected: "within 2 %",
    time: "minutes",
  },
  seed: 5,
  tokenizer: join(root, "models", "fashion"),
  model: { depth: 3, width: 96, heads: 3, mlpWidth: 384, sharedAdaLN: true, positionSide: 16 },
  data: { size: 32, batchSize: Number(flags.batch), augment: { flip: 0.5 } },
  schedules: { tableShare: 0.7, phases: [{ share: 1, maxSide: 4 }] },
  regularisation: { classDrop: 0.1, dropPath: 0 },
  optimizer: {
    peakLr: 0.002,
    warmupSteps: Math.round(steps / 10),
    holdShare: 0.5,
    finalShare: 0.05,
    shape: "cosine",
    steps,
    emaDecay: 0.98,
  },
  samples: { perClass: 0 },
  run: { logEvery: 20, checkpointEvery: 100, evaluateEvery: Math.ceil(steps / 4), evaluatePictures: 512 },
};
const configFile = join(out, "config.json");
writeFileSync(configFile, JSON.stringify(config, null, 2));
const common = ["train", "transformer", "--config", configFile, "--data", flags.data, "--threads"];
const folder = (name) => join(out, name);

/** The records of a run's evaluations and its pictures. */
function resultOf(name) {
  const records = readFileSync(join(folder(name), "log.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  return records.filter(({ kind }) => kind === "evaluate");
}

/** Tokens are encoded once for all. */
function shareTokens(from, to) {
  mkdirSync(folder(to), { recursive: true });
  for (const side of ["train", "held-out"])
    copyFileSync(join(folder(from), `tokens-${side}.safetensors`), join(folder(to), `tokens-${side}.safetensors`));
}

const begin = performance.now();
if (!existsSync(join(folder("alone"), "checkpoints", `step-${String(steps).padStart(7, "0")}.safetensors`))) {
  rmSync(join(folder("alone"), "checkpoints"), { recursive: true, force: true });
  const { status } = runNode([cli, ...common, "2", "--out", folder("alone")]);
  if (status !== 0) process.exit(1);
}
const aloneSeconds = (performance.now() - begin) / 1000;

const nats = await startNats();
for (const name of ["together", "workers"]) {
  rmSync(folder(name), { recursive: true, force: true });
  shareTokens("alone", name);
}
const cluster = ["--cluster", nats.url];
const started = performance.now();

/** A part of the run, whose lines are shown and looked at. */
function start(args, onLine = () => undefined) {
  const child = spawn(process.execPath, [cli, ...common, ...args, ...cluster], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  child.stdout?.setEncoding("utf8").on("data", (text) => {
    said += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text) => {
    for (const line of text.split("\n")) if (line !== "") onLine(line);
  });
  return { child, ended: once(child, "exit"), said: () => said };
}

const working = [];
let [killed, taken] = [0, 0];
const addWorker = () => {
  const part = start(["1", "--out", folder("workers"), "--worker", "--json"], (line) => {
    if (/goes on from the state/.test(line)) taken++;
  });
  working.push(part);
};
const coordinator = start(
  ["2", "--out", folder("together"), "--members", flags.members, "--answers", flags.answers].concat(
    ["inner-steps", "outer-rate", "outer-momentum"].flatMap((name) => [`--${name}`, flags[name]]),
  ),
  (line) => {
    console.error(line);
    // A line of the log is a round's end: in the next round one is killed, the oldest first.
    if (flags.kills && /^step \d+\/\d+ /.test(line)) void exchange();
  },
);
async function exchange() {
  await sleep(1500);
  working.shift()?.child.kill("SIGKILL");
  killed++;
  addWorker();
}
for (let i = 0; i < members; i++) addWorker();
const [code] = await coordinator.ended;
const togetherSeconds = (performance.now() - started) / 1000;
// Spares and those that were opening end with the run, like the others.
await Promise.all(working.map(({ ended }) => ended));
await nats.stop();
if (code !== 0) process.exit(1);

const [alone, together] = [resultOf("alone"), resultOf("together")];
console.log(
  "| step | one process | workers | ratio | grids to 4: one process | workers | ratio |\n|---|---|---|---|---|---|---|",
);
alone.forEach((one, i) => {
  const other = together[i];
  const cells = (key) => [one[key], other[key], (other[key] / one[key]).toFixed(4)].join(" | ");
  console.log(`| ${one.step} | ${cells("loss")} | ${cells("lossToHalfSide")} |`);
});
const size = statSync(join(folder("together"), "model", "transformer.safetensors")).size;
console.log(
  `${members} workers, ${Math.ceil(steps / Number(flags["inner-steps"]))} rounds, ${killed} workers killed, ${taken} times a successor took a state; ` +
    `${(size / 1e6).toFixed(2)} MB of weights; one process ${aloneSeconds.toFixed(0)} s, workers ${togetherSeconds.toFixed(0)} s`,
);
for (const { said } of working) {
  const { rounds, stepSeconds, exchangeSeconds, receivedBytes, sentBytes } = JSON.parse(said());
  if (rounds === 0) continue;
  const a = (value, unit) => `${(value / rounds).toPrecision(3)} ${unit}`;
  console.log(
    `a worker's ${rounds} rounds: ${a(stepSeconds, "s")} in steps, ${a(exchangeSeconds, "s")} exchanging, ${a(sentBytes / 1e6, "MB")} sent, ${a(receivedBytes / 1e6, "MB")} received each`,
  );
}
const ratio = together.at(-1).lossToHalfSide / alone.at(-1).lossToHalfSide;
process.exitCode = ratio <= 1.02 ? 0 : 1;
