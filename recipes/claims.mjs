// node recipes/claims.mjs fashion|emoji [--total 500] [--only guidance,steps] [--features JUDGE] [--threads N] [--cluster URL] [--root DIR]: draws sets at
// every value of the sampling options that the paper speaks of, judges them, and writes docs/claims/NAME-OPTION.json and .svg
// and the tables in docs/claims/NAME.md. Sets, numbers and a page with sheets are kept in runs/claims: a run that was stopped
// goes on with the same command. --root is the folder that holds models, runs and docs: the project's by default.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { claimTable, published } from "./lib/claims.mjs";
import { readFlags } from "./lib/flags.mjs";
import { cli, root as project, runNode } from "./lib/flexvar.mjs";

const GUIDANCE = "guidance=1,1.5,2,3,4,6";
const FILTERS = { "top-k": "top-k=1,10,60,0", "top-p": "top-p=0.5,0.8,0.95,1", temperature: "temperature=0.7,1,1.3" };

/**
 * Sweeps by model. Real emoji are drawn anew at each size: node recipes/emoji/prepare.mjs --size N --out runs/emoji-data-N; those of
 * another ratio lie in the middle of a canvas: node recipes/emoji/canvas.mjs runs/emoji-data 64x128 --out runs/emoji-data-64x128;
 * or over all of it: node recipes/emoji/canvas.mjs runs/emoji-data-128 64x128 --stretch --out runs/emoji-data-64x128-stretched.
 */
const PLANS = {
  fashion: {
    against: "runs/fashion-data",
    sweeps: {
      guidance: { vary: GUIDANCE },
      scales: { vary: "scales=1,8;1,4,8;1,2,4,8;1,2,4,6,8;1,2,3,4,6,8;1,2,3,4,5,7,8;1,2,3,4,5,6,7,8" },
      ...Object.fromEntries(Object.entries(FILTERS).map(([name, vary]) => [name, { vary }])),
      size: { vary: "size=24,32,40,48,64" },
    },
  },
  emoji: {
    against: "runs/emoji-data",
    sweeps: {
      guidance: { vary: GUIDANCE },
      steps: { vary: "steps=6,7,8,9,10,11,12,13" },
      ...Object.fromEntries(Object.entries(FILTERS).map(([name, vary]) => [name, { vary }])),
      "guidance-until": { vary: "guidance-until=none,16,13,10,8" },
      greedy: { vary: "greedy=none;16;13+;10+" },
      size: { vary: "size=64,96,128,64x128", against: "runs/emoji-data-{value}" },
      stretched: { vary: "size=64x128", against: "runs/emoji-data-{value}-stretched" },
    },
  },
};

const { values, positionals } = readFlags(
  { total: "500", only: undefined, features: undefined, threads: undefined, cluster: undefined, root: project },
  { allowPositionals: true },
);
const [name] = positionals;
const plan = PLANS[name];
if (plan === undefined)
  throw new Error(`claims: expected ${Object.keys(PLANS).join(" or ")}, got ${name ?? "nothing"}`);
const only = values.only?.split(",") ?? Object.keys(plan.sweeps);
for (const option of only)
  if (plan.sweeps[option] === undefined)
    throw new Error(`--only: expected some of ${Object.keys(plan.sweeps).join(",")}, got ${option}`);

const root = resolve(values.root);
const docs = join(root, "docs", "claims");
await mkdir(docs, { recursive: true });
const shared = ["features", "threads", "cluster"].flatMap((flag) =>
  values[flag] === undefined ? [] : [`--${flag}`, values[flag]],
);
for (const option of only) {
  const { vary, against = plan.against } = plan.sweeps[option];
  const out = join("runs", "claims", name);
  const args = [
    ...["sweep", "--model", name, "--against", against, "--vary", vary, "--total", values.total, "--out", out],
    ...["--report", join(out, `${option}.html`), "--plots", join(docs, `${name}-${option}.svg`)],
    ...["--title", `${name}: ${option}`, "--json", ...shared],
  ];
  const { status, stdout, error } = runNode([cli, ...args], { capture: true, cwd: root });
  if (status !== 0) throw error ?? new Error(`claims: the sweep of ${option} ended with ${status}`);
  const record = published(JSON.parse(stdout));
  await writeFile(join(docs, `${name}-${option}.json`), `${JSON.stringify(record, null, 1)}\n`);
}

// The page holds every option that has been measured so far.
const parts = [
  `# ${name}: sampling options, measured\n`,
  "Written by `node recipes/claims.mjs`; read in [claims.md](../claims.md).\n",
];
for (const option of Object.keys(plan.sweeps)) {
  const text = await readFile(join(docs, `${name}-${option}.json`), "utf8").catch(() => undefined);
  if (text !== undefined)
    parts.push(
      `## ${option}\n`,
      `![Plots of every number by ${option}](${name}-${option}.svg)\n`,
      claimTable(JSON.parse(text)),
    );
}
await writeFile(join(docs, `${name}.md`), parts.join("\n"));
