// npm run bench: the command line's own benchmark on this machine; flags after `--` are handed on.
import { execNode } from "./lib/exec.mjs";
import { cliFile, prepareCli, runScript } from "./lib/prepare.mjs";

await runScript(async () => {
  await prepareCli();
  return execNode(cliFile, ["bench", ...process.argv.slice(2)]);
});
