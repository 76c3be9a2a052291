// npm start: draws a sheet of pictures with the model that ships.
import { join } from "node:path";
import { execNode } from "./lib/exec.mjs";
import { root } from "./lib/paths.mjs";
import { cliFile, prepareCli, runScript } from "./lib/prepare.mjs";

/** Classes that the model draws well. */
const CLASSES = ["cat face", "red heart", "pizza", "strawberry", "penguin", "doughnut", "house", "skull"];
const MODEL = join(root, "models", "emoji");
const OUT = "out";
/** Flags after `npm start --`; they come last, so that they win. */
const userArgs = process.argv.slice(2);

await runScript(async () => {
  await prepareCli();
  const drawing = ["generate", "--model", MODEL, "--class", CLASSES.join(","), "--grid", "--out", OUT];
  const code = await execNode(cliFile, [...drawing, ...userArgs]);
  if (code !== 0) return code;
  const at = userArgs.lastIndexOf("--out");
  const out = (at < 0 ? undefined : userArgs[at + 1]) ?? OUT;
  console.log(`\nPictures are in ${out}/`);
  console.log("Drawn with models/emoji. Next: npx flexvar generate --help");
  return 0;
});
