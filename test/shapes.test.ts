/** Both networks trained from scratch on drawn shapes; a rule, not a network, names what they draw. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { FlexVAR, planarToRgb } from "../src/index.ts";
import { createRandom } from "../src/sampling/index.ts";
import {
  parseConfig,
  tokenizerTrainingSchema,
  trainTokenizer,
  trainTransformer,
  transformerTrainingSchema,
} from "../src/train/index.ts";
import { drawShape, recogniseShape, SHAPE_SIDE, shapeClasses, writeShapes } from "./support/shapes.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flexvar-shapes-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const about = { aim: "test", command: "test", expected: "test", time: "test" };
const run = { logEvery: 50, checkpointEvery: 10_000, evaluateEvery: 10_000, keepLast: 1, evaluatePictures: 32 };

it("the rule names real drawings", () => {
  const random = createRandom(1, "rule");
  const right = shapeClasses.map((shape) => {
    const pictures = Array.from({ length: 100 }, () => drawShape(shape, random));
    return pictures.filter((data) => recogniseShape({ width: SHAPE_SIDE, height: SHAPE_SIDE, data }) === shape).length;
  });
  for (const [i, count] of right.entries()) expect(count, shapeClasses[i]).toBeGreaterThanOrEqual(95);
});

it("models trained from scratch in a minute draw the asked shape", async () => {
  const data = join(folder, "shapes.npz");
  await writeShapes(data, 200, 2);
  const tokenizer = parseConfig(
    tokenizerTrainingSchema,
    {
      kind: "tokenizer",
      about,
      seed: 1,
      model: {
        baseChannels: 24,
        channelMultipliers: [1],
        resBlocks: 1,
        decoderResBlocks: 1,
        attention: false,
        latentChannels: 16,
        codeDim: 8,
        codebookSize: 128,
        normGroups: 4,
        patchSize: 2,
      },
      data: { size: SHAPE_SIDE, batchSize: 16 },
      scales: { perBatch: 3, preferred: [1, 2, 3, 4, 5, 6] },
      loss: { absolute: 0.1, codebook: 0, smallScales: 0.5 },
      codebook: { update: "average", decay: 0.97, deadAfter: 40 },
      optimizer: { peakLr: 0.003, warmupSteps: 20, steps: 300, emaDecay: 0.98, beta2: 0.99 },
      run,
    },
    "shapes",
  );
  await trainTokenizer(tokenizer, data, join(folder, "tokenizer"), { threads: 2 });
  const transformer = parseConfig(
    transformerTrainingSchema,
    {
      kind: "transformer",
      about,
      seed: 2,
      tokenizer: join(folder, "tokenizer", "model"),
      model: { depth: 3, width: 64, heads: 2, mlpWidth: 192, positionSide: 8 },
      data: { size: SHAPE_SIDE, batchSize: 16 },
      schedules: {
        tableShare: 1,
        phases: [
          { share: 0.6, maxSide: 4 },
          { share: 0.4, maxSide: 8 },
        ],
      },
      regularisation: { dropPath: 0, classDrop: 0.1 },
      optimizer: { peakLr: 0.003, warmupSteps: 30, steps: 500, emaDecay: 0.98 },
      samples: { perClass: 1 },
      run,
    },
    "shapes",
  );
  await trainTransformer(transformer, data, join(folder, "transformer"), { threads: 2 });

  const perClass = 16;
  await using pipe = await FlexVAR.fromPretrained(join(folder, "transformer", "model"), { threads: 2 });
  let right = 0;
  const classLabels = shapeClasses.map((_, i) => i);
  for await (const event of pipe.generate({
    classLabels,
    count: perClass,
    guidance: 2,
    topK: 40,
    topP: 0.95,
    seed: 3,
  })) {
    if (!event.isLast) continue;
    const image = await event.image();
    event.pictures.forEach(({ classId }, i) => {
      if (recogniseShape(planarToRgb(image, i)) === shapeClasses[classId]) right++;
    });
  }
  // Chance is 16 of 64; half of them right is 6.7 standard deviations away.
  expect(right).toBeGreaterThanOrEqual(32);
}, 300_000);
