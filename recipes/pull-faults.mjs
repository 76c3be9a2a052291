// node recipes/pull-faults.mjs [--depth 16] [--kills 50] [--seed 1] [--dir DIR]: released weights pulled through faults. Checkpoints of the
// released names, shapes and sizes but random values (d16: 1.2 GB) are offered by a local hub; `flexvar pull` is killed at random points,
// connections break, bytes are wrong, until it succeeds. Prints how often, how many bytes came for each byte of the files, that two pulls
// at once download once, and the times of pulling, importing and drawing a picture with `--model flexvar-d16`. About 5 GB of disk.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";
import { readFlags } from "./lib/flags.mjs";
import { cli } from "./lib/flexvar.mjs";
import { startHub } from "./lib/hub-server.mjs";

const { values: flags } = readFlags({
  depth: "16",
  kills: "50",
  seed: "1",
  dir: join(tmpdir(), "flexvar-pull-faults"),
});
const source = async (path) =>
  (
    await runnerImport(fileURLToPath(new URL(`../src/${path}`, import.meta.url)), {
      configFile: false,
      logLevel: "error",
    })
  ).module;
const depth = Number(flags.depth);
const name = `flexvar-d${depth}`;
const at = (...parts) => join(flags.dir, ...parts);

// Numbers from a seed: the same faults again.
let state = Number(flags.seed) >>> 0 || 1;
const uniform = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
};

/** The released files of random values, made once. */
async function checkpoints() {
  if (existsSync(at(`pth-${depth}`))) return;
  const { releasedConfig, writeRandomModel } = await source("bench/random-model.ts");
  const { exportModel } = await source("pretrained/node.ts");
  mkdirSync(at("random"), { recursive: true });
  await writeRandomModel(at("random"), releasedConfig(depth));
  await exportModel(at("random"), at(`pth-${depth}`));
  rmSync(at("random"), { recursive: true });
}

const env = (hub) => ({
  ...process.env,
  HF_ENDPOINT: hub.endpoint,
  HF_HUB_CACHE: at("cache", "hub"),
  XDG_CACHE_HOME: at("cache", "xdg"),
});

/** Runs `flexvar`; with `killAfterMs` it is killed then, unless it has ended. */
function flexvar(hub, args, killAfterMs) {
  const child = spawn(process.execPath, [cli, ...args], { env: env(hub), stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    said = (said + text).slice(-2000);
  });
  const timer = killAfterMs === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), killAfterMs);
  return new Promise((done) =>
    child.once("exit", (code, signal) => {
      clearTimeout(timer);
      done({ code, signal, said });
    }),
  );
}

/** Names under `blobs/` of a size that no file has; what `pull` itself says of their hashes is seen at the end. */
async function wrongBlobs(sizes) {
  const wrong = [];
  if (!existsSync(at("cache", "hub"))) return wrong;
  for (const repo of readdirSync(at("cache", "hub")).filter((folder) => folder.startsWith("models--")))
    for (const blob of readdirSync(at("cache", "hub", repo, "blobs")).filter((file) => /^[0-9a-f]+$/.test(file)))
      if (!sizes.includes(statSync(at("cache", "hub", repo, "blobs", blob)).size)) wrong.push(blob);
  return wrong;
}

await checkpoints();
rmSync(at("cache"), { recursive: true, force: true });
let fault = () => undefined;
const hub = await startHub({ fault: (request) => fault(request) });
const files = {
  "FlexVAE.pth": at(`pth-${depth}`, "tokenizer.pth"),
  [{ 16: "FlexVARd16-epo179.pth", 20: "FlexVARd20-epo249.pth", 24: "FlexVARd24-epo349.pth" }[depth]]: at(
    `pth-${depth}`,
    "transformer.pth",
  ),
};
const sizes = Object.values(files).map((path) => statSync(path).size);
const total = sizes.reduce((sum, size) => sum + size, 0);
await hub.commit("jiaosiyu1999/FlexVAR", files);

// Each of these runs ends before its time: killed, or its connection breaks, or the hub is gone for a moment.
const kills = Number(flags.kills);
let killed = 0;
let broken = 0;
const pace = total / kills / 1.5;
for (let i = 0; i < kills; i++) {
  fault = ({ kind, isProbe }) => {
    if (kind !== "bytes" || isProbe) return uniform() < 0.05 ? { status: 503 } : undefined;
    // Half of the answers break off, after what comes in two seconds at most.
    const cut = uniform() < 0.5 ? Math.floor(2 * uniform() * pace) : undefined;
    broken += cut === undefined ? 0 : 1;
    return { bytesPerSecond: pace, ...(cut !== undefined && { cutAfter: cut }) };
  };
  const { code, signal, said } = await flexvar(hub, ["pull", name], 1500 + 3000 * uniform());
  if (signal !== null) killed++;
  else if (code !== 0) console.error(`ended with ${code}: ${said.trim().split("\n").at(-1)}`);
  else break;
  if ((await wrongBlobs(sizes)).length > 0) throw new Error("a half file has the name of a whole one");
  if (
    existsSync(at("cache", "xdg", "flexvar", "models")) &&
    readdirSync(at("cache", "xdg", "flexvar", "models")).some((entry) => !entry.startsWith("."))
  )
    throw new Error("a model folder appeared before its files were whole");
}
fault = () => undefined;
const begin = performance.now();
const both = await Promise.all([flexvar(hub, ["pull", name]), flexvar(hub, ["pull", name])]);
const seconds = (performance.now() - begin) / 1000;
const bytes = hub.sent.bytes;
console.log(`${name}: ${(total / 1e9).toFixed(2)} GB in two files`);
console.log(
  `killed ${killed} times, connections broken ${broken} times; then two at once, exits ${both.map(({ code }) => code).join(", ")}`,
);
for (const { code, said } of both) if (code !== 0) console.log(said);
console.log(`bytes sent by the hub: ${(bytes / total).toFixed(3)} of the files' (bar 1.1)`);
console.log(`the rest, checked, imported: ${seconds.toFixed(1)} s`);
const drawing = performance.now();
const drawn = await flexvar(hub, [
  "generate",
  "--model",
  name,
  "--offline",
  "--class",
  "golden retriever",
  "--seed",
  "1",
  "--out",
  at("out"),
]);
console.log(
  `generate --model ${name} --offline: exit ${drawn.code}, ${((performance.now() - drawing) / 1000).toFixed(1)} s, ${readdirSync(at("out")).join(", ")}`,
);
const again = hub.sent.bytes;
await flexvar(hub, ["pull", name]);
console.log(`pull once more: ${hub.sent.bytes - again} bytes`);
await hub.close();
