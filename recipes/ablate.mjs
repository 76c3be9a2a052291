// node recipes/ablate.mjs --tokenizer MODEL --judge JUDGE --data DATA --out F.json [--plots F.svg] [--quick]: trains small
// transformers that differ in one decision and judges their samples: tokens that are the latent itself (FlexVAR) or what coarser
// grids left over (VAR), and a position map that is learned or fixed; three seeds of each, an hour of one core. Finished runs are
// kept in --out and not repeated. --quick is one run of seconds. The recipe is written in TypeScript and uses the sources: Vite loads it.
import { loadSource } from "./lib/flexvar.mjs";

const { main } = await loadSource("recipes/ablation/main.ts");
await main(process.argv.slice(2));
