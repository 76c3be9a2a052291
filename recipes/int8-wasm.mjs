// node recipes/int8-wasm.mjs FLOATS INTEGERS [--runs 5]: time of a picture by ONNX Runtime's WebAssembly on one thread, with a model folder and with the
// one that `flexvar quantize` made of it. Both draw the same seeds in turn; the least of the runs counts. The transformer is all up to
// the last codes, our own sampling included.
import { readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { FlexVAR } from "../dist/web/index.js";
import { readFlags } from "./lib/flags.mjs";

const { values: flags, positionals } = readFlags({ runs: "5" }, { allowPositionals: true });
const [floats = "models/emoji", integers = "models/emoji-int8"] = positionals;

const open = (folder) =>
  FlexVAR.fromPretrained("https://model.invalid/", {
    device: "wasm",
    fetch: async (address) => new Response(await readFile(join(resolve(folder), basename(new URL(address).pathname)))),
  });

/** Milliseconds of one picture. */
async function drawn(pipe, seed) {
  const begin = performance.now();
  let transformer;
  for await (const scale of pipe.generate({ classLabels: [5], seed })) {
    if (!scale.isLast) continue;
    transformer = performance.now() - begin;
    await scale.picture(0);
  }
  return { transformer, picture: performance.now() - begin };
}

const models = [await open(floats), await open(integers)];
const least = models.map(() => ({ transformer: Number.POSITIVE_INFINITY, picture: Number.POSITIVE_INFINITY }));
for (let run = 0; run <= Number(flags.runs); run++)
  for (const [i, pipe] of models.entries()) {
    const times = await drawn(pipe, run);
    // The first warms up.
    if (run > 0) for (const part of Object.keys(times)) least[i][part] = Math.min(least[i][part], times[part]);
  }
for (const part of ["transformer", "picture"]) {
  const [inFloats, inIntegers] = least.map((times) => times[part]);
  const ratio = (inIntegers / inFloats).toFixed(2);
  console.log(`${part}: float32 ${Math.round(inFloats)} ms, int8 ${Math.round(inIntegers)} ms, ${ratio} of its time`);
}
await Promise.all(models.map((pipe) => pipe.dispose()));
