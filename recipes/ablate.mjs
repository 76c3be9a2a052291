// node recipes/ablate.mjs --tokenizer MODEL --judge JUDGE --data DATA --out F.json [--plots F.svg] [--quick]: trains small
// transformers that differ in one decision and judges their samples: tokens that are the latent itself (FlexVAR) or what coarser
// grids left over (VAR), and a position map that is learned or fixed; three seeds of each, an hour of one core. Finished runs are
// kept in --out and not repeated. --quick is one run of seconds. The recipe is written in TypeScript and uses the sources: Vite loads it.
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

const { module } = await runnerImport(fileURLToPath(new URL("./ablation/main.ts", import.meta.url)), {
  configFile: false,
  logLevel: "error",
});
await module.main(process.argv.slice(2));
