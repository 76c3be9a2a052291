// npm start: draws a sheet of pictures with the model that ships, or with the tiny untrained test model until one does.
import { existsSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { execNode } from "./lib/exec.mjs";
import { cacheDir, root } from "./lib/paths.mjs";
import { cliFile, prepareCli, runScript } from "./lib/prepare.mjs";

const SHIPPED = ["emoji", "fashion"].map((name) => join(root, "models", name));
/** What the emoji model draws well; other models show classes spread over all of theirs. */
const FIRST_CLASSES = ["cat face", "red heart", "pizza", "strawberry", "penguin", "doughnut", "house", "skull"];
const OUT = "out";
/** Flags after `npm start --`; they come last, so that they win. */
const userArgs = process.argv.slice(2);

await runScript(async () => {
  await prepareCli();
  const shipped = SHIPPED.find((folder) => existsSync(join(folder, "config.json")));
  const model = shipped ?? (await untrainedModel());
  const drawing = ["generate", "--model", model, "--class", someClasses(model), "--grid", "--out", OUT];
  const code = await execNode(cliFile, [...drawing, ...userArgs]);
  if (code !== 0) return code;
  const at = userArgs.lastIndexOf("--out");
  const out = (at < 0 ? undefined : userArgs[at + 1]) ?? OUT;
  console.log(`\nPictures are in ${out}/`);
  if (shipped === undefined) {
    console.log(
      "The model is UNTRAINED: a tiny random test checkpoint, so the pictures are noise and show only that everything runs.",
    );
  } else {
    console.log(`Drawn with ${relative(root, model)}. Next: npx flexvar generate --help`);
  }
  return 0;
});

/** Imports the tiny golden checkpoint once; later runs find it in the cache folder. */
async function untrainedModel() {
  const folder = join(cacheDir, "models", "untrained-tiny");
  if (existsSync(join(folder, "config.json"))) return folder;
  const golden = join("test", "fixtures", "golden");
  const tokenizer = join(golden, "FlexVAE-T-f16.pth");
  const transformer = join(golden, "FlexVAR-T-plain-f16.pth");
  const files = ["--tokenizer", tokenizer, "--transformer", transformer, "--out", folder];
  const code = await execNode(cliFile, ["import", "--quiet", ...files]);
  if (code !== 0) throw new Error(`start: importing the test checkpoint failed with exit code ${code}`);
  return folder;
}

/** Classes for a first look. */
function someClasses(model) {
  const { id2label = {} } = JSON.parse(readFileSync(join(model, "config.json"), "utf8"));
  const ids = Object.keys(id2label);
  if (ids.length === 0) return "0,1,2,3";
  if (FIRST_CLASSES.every((name) => Object.values(id2label).includes(name))) return FIRST_CLASSES.join(",");
  const shown = Math.min(FIRST_CLASSES.length, ids.length);
  return Array.from({ length: shown }, (_, i) => ids[Math.floor((i * ids.length) / shown)]).join(",");
}
