// node examples/node.mjs [FOLDER]: draws a face, repaints a part of it, and writes both as PNG.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { encodePng, FlexVAR, planarToRgb } from "flexvar";

const [folder = "out"] = process.argv.slice(2);
await mkdir(folder, { recursive: true });
const pipe = await FlexVAR.fromPretrained(fileURLToPath(new URL("../models/emoji", import.meta.url)));

let image;
for await (const step of pipe.generate({ classLabels: ["grinning face"], seed: 7 })) {
  console.log(`scale ${step.index + 1} of ${step.total}: ${step.grid.join("x")} tokens`);
  if (step.isLast) image = planarToRgb(await step.image());
}
await writeFile(join(folder, "drawn.png"), encodePng(image));

// White (255) is repainted, black (0) keeps its bytes: here the lower half goes.
const { width, height } = image;
const mask = { data: new Uint8Array(width * height).fill(255, width * (height / 2)), width, height };
for await (const event of pipe.inpaint({ image, mask, classLabels: ["grinning face"], count: 3, seed: 1 })) {
  if (!event.isLast) continue;
  for (const [i, edited] of (await event.images()).entries())
    await writeFile(join(folder, `edited-${event.first + i}.png`), encodePng(edited));
}
await pipe.dispose();
