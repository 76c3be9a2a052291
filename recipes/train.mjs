// node recipes/train.mjs emoji|fashion [--quick]: from nothing to a model folder with card, config and curves.
//
// Data, every training stage, the tokenizer's report, a sheet of samples with their nearest training pictures, and the
// model in half precision with a card of what was measured: runs/NAME-model. Stopped or killed, the same command goes on.
// --quick takes every config's quick form (minutes; noise) into runs/quick-NAME-*: to see that everything works.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readFlags, refuse } from "./lib/flags.mjs";
import { cli, root, runNode } from "./lib/flexvar.mjs";

/** Stages in order: the network and the config's name; each writes runs/CONFIG. */
const RECIPES = {
  fashion: {
    data: "Fashion-MNIST, padded to 32 px on black (MIT, © 2017 Zalando SE)",
    stages: [
      ["tokenizer", "fashion-tokenizer"],
      ["transformer", "fashion-transformer"],
    ],
  },
  emoji: {
    data: "seven sets of emoji drawings (recipes/emoji/LICENCES.md has their authors and licences), 64 px on white",
    stages: [
      ["tokenizer", "emoji-tokenizer"],
      ["tokenizer", "emoji-tokenizer-finish"],
      ["tokenizer", "emoji-tokenizer-decoder"],
      ["tokenizer", "emoji-tokenizer-polish"],
      ["tokenizer", "emoji-tokenizer-frame"],
      ["transformer", "emoji-transformer"],
    ],
  },
};

const { values, positionals } = readFlags({ quick: false }, { allowPositionals: true });
const [name] = positionals;
const recipe = RECIPES[name];
if (recipe === undefined || positionals.length !== 1)
  refuse(`train: expected one of ${Object.keys(RECIPES).join(", ")}, got "${positionals.join(" ")}"`);

const data = join("runs", `${name}-data`);
const archive = join(data, `${name}.npz`);
const prefix = values.quick ? "quick-" : "";
const outOf = (stage) => join("runs", prefix + stage);

/** Runs Node on arguments; returns what it printed where `capture` is set. Ends this process where it failed. */
function node(args, capture = false) {
  const { status, stdout, error } = runNode(args, { capture });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
  return stdout ?? "";
}

/** A config as this run takes it: the stages before it lie in this run's folders. */
function configOf(stage) {
  const config = JSON.parse(readFileSync(join(root, "configs", `${stage}.json`), "utf8"));
  for (const key of ["start", "tokenizer"])
    if (typeof config[key] === "string") config[key] = config[key].replace(/^runs\//, `runs/${prefix}`);
  const path = join("runs", `${prefix}${stage}.json`);
  writeFileSync(path, `${JSON.stringify(config, null, 2)}\n`);
  return path;
}

mkdirSync("runs", { recursive: true });
if (!existsSync(archive)) {
  const packages = join(root, "recipes", name, "package.json");
  if (existsSync(packages) && !existsSync(join(root, "recipes", name, "node_modules"))) {
    const { status } = spawnSync("npm", ["ci", "--prefix", join(root, "recipes", name)], { stdio: "inherit" });
    if (status !== 0) process.exit(status ?? 1);
  }
  node([join(root, "recipes", name, "prepare.mjs"), "--out", data]);
}

for (const [network, stage] of recipe.stages) {
  const out = outOf(stage);
  const resume = existsSync(join(out, "checkpoints")) ? ["--resume"] : [];
  console.error(`${stage}: ${resume.length > 0 ? "goes on" : "begins"} in ${out}`);
  const quick = values.quick ? ["--quick"] : [];
  node([cli, "train", network, "--config", configOf(stage), "--data", data, "--out", out, ...quick, ...resume]);
}

const last = outOf(recipe.stages.at(-1)[1]);
const report = node([join(root, "recipes", "tokenizer-report.mjs"), join(last, "model"), archive], true);
const target = join("runs", `${prefix}${name}-model`);
const card = [
  `# flexvar ${name}${values.quick ? " (quick form: noise)" : ""}`,
  "",
  `Made by \`node recipes/train.mjs ${name}${values.quick ? " --quick" : ""}\`.`,
  "",
  `Data: ${recipe.data}.`,
  "",
  `Configs: ${recipe.stages.map(([, stage]) => `\`configs/${stage}.json\``).join(", ")}; curves of each stage in this folder.`,
  "",
  "## Tokenizer",
  "",
  report.trimEnd(),
  "",
  "## Transformer",
  "",
  readFileSync(join(last, "held-out.md"), "utf8").trimEnd(),
  "",
  "Licence: MIT (the weights); the pictures keep their own.",
  "",
].join("\n");
const cardFile = join("runs", `${prefix}${name}-card.md`);
writeFileSync(cardFile, card);
rmSync(target, { recursive: true, force: true });
node([join(root, "recipes", "ship.mjs"), join(last, "model"), cardFile, target]);
for (const [, stage] of recipe.stages) cpSync(join(outOf(stage), "curves.svg"), join(target, `${stage}.svg`));
const sheets = join(last, "sheets");
console.log(`model: ${target}\nsamples and their nearest training pictures: ${sheets}`);
