// node recipes/cluster-train.mjs [--data runs/fashion-data] [--out runs/cluster-train] [--steps 400] [--batch 64] [--members 4] [--workers 5]
// [--inner-steps 20] [--outer-rate 0.7] [--outer-momentum 0.9] [--answers fp16] [--no-kills]: a transformer of Fashion-MNIST trained by a coordinator
// and workers, one of which is killed with SIGKILL in every round and another started in its place; then by one process with as many pictures as those
// of the answers that counted. Prints both held-out losses, and what a round cost a worker.
// Ends with 1 where the workers' loss is more than 2 % above the single process's.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
    workers: "5",
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
const out = flags.out;
mkdirSync(out, { recursive: true });

/** The experiment, with a schedule for so many steps. */
const configOf = (steps) => ({
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
  schedules: {
    tableShare: 0.7,
    phases: [
      { share: 0.74, maxSide: 4 },
      { share: 0.26, maxSide: 8 },
    ],
  },
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
  run: { logEvery: 20, checkpointEvery: 100, evaluateEvery: steps, evaluatePictures: 512 },
});

/** The command line of a run of so many steps. */
function commandOf(steps) {
  const file = join(out, `config-${steps}.json`);
  writeFileSync(file, JSON.stringify(configOf(steps), null, 2));
  return [cli, "train", "transformer", "--config", file, "--data", flags.data];
}

const folder = (name) => join(out, name);

/** A run's last evaluation, and the pictures of its steps. */
function resultOf(name) {
  const lines = readFileSync(join(folder(name), "log.jsonl"), "utf8")
    .trim()
    .split("\n");
  const records = lines.map((line) => JSON.parse(line));
  const trained = records.filter(({ kind }) => kind === "train");
  const pictures = trained.reduce((sum, record) => sum + record.imagesPerSecond * record.seconds, 0);
  return { ...records.findLast(({ kind }) => kind === "evaluate"), pictures: Math.round(pictures) };
}

/** Trains in one process. */
function alone(name, steps) {
  rmSync(join(folder(name), "checkpoints"), { recursive: true, force: true });
  const { status } = runNode([...commandOf(steps), "--threads", "2", "--out", folder(name)]);
  if (status !== 0) process.exit(1);
}

/** Tokens are encoded once for all. */
function shareTokens(from, to) {
  rmSync(folder(to), { recursive: true, force: true });
  mkdirSync(folder(to), { recursive: true });
  for (const side of ["train", "held-out"])
    copyFileSync(join(folder(from), `tokens-${side}.safetensors`), join(folder(to), `tokens-${side}.safetensors`));
}

if (!existsSync(join(folder("tokens"), "tokens-held-out.safetensors"))) alone("tokens", 1);
for (const name of ["together", "workers", "alone"]) shareTokens("tokens", name);

const nats = await startNats();
const cluster = ["--cluster", nats.url];
const started = performance.now();

/** A part of the run, whose lines are shown and looked at. */
function start(args, onLine = () => undefined) {
  const child = spawn(process.execPath, [...commandOf(steps), ...args, ...cluster], {
    stdio: ["ignore", "pipe", "pipe"],
  });
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
  const part = start(["--threads", "1", "--out", folder("workers"), "--worker", "--json"], (line) => {
    if (/goes on from the state/.test(line)) taken++;
  });
  working.push(part);
};
const coordinator = start(
  ["--threads", "2", "--out", folder("together"), "--members", flags.members, "--answers", flags.answers].concat(
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
for (let i = 0; i < Number(flags.workers); i++) addWorker();
const [code] = await coordinator.ended;
const seconds = (performance.now() - started) / 1000;
// Those that were opening when the run ended would wait for the next.
await Promise.race([Promise.all(working.map(({ ended }) => ended)), sleep(10_000)]);
for (const { child } of working) child.kill("SIGTERM");
await Promise.all(working.map(({ ended }) => ended));
await nats.stop();
if (code !== 0) process.exit(1);

const together = resultOf("together");
alone("alone", Math.round(together.pictures / Number(flags.batch)));
const one = resultOf("alone");
const ratio = together.loss / one.loss;
const rounds = Math.ceil(steps / Number(flags["inner-steps"]));
console.log(`
| | steps | pictures | loss | grids to 4 |
|---|---|---|---|---|
| ${flags.members} members | ${together.step} | ${together.pictures} | ${together.loss} | ${together.lossToHalfSide} |
| one process | ${one.step} | ${one.pictures} | ${one.loss} | ${one.lossToHalfSide} |

ratio ${ratio.toFixed(4)}; ${rounds} rounds in ${seconds.toFixed(0)} s, ${killed} workers killed, ${taken} times a state was taken over`);
for (const { said } of working) {
  const { rounds, stepSeconds, exchangeSeconds, receivedBytes, sentBytes } = JSON.parse(said() || '{ "rounds": 0 }');
  if (rounds === 0) continue;
  const each = (value, unit) => `${(value / rounds).toPrecision(3)} ${unit}`;
  console.log(
    `a worker's ${rounds} rounds, each: ${each(stepSeconds, "s")} in steps, ${each(exchangeSeconds, "s")} exchanging, ${each(sentBytes / 1e6, "MB")} sent, ${each(receivedBytes / 1e6, "MB")} received`,
  );
}
process.exitCode = ratio <= 1.02 ? 0 : 1;
