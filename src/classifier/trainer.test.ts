import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { npyArray, writeNpz } from "../checkpoint/index.ts";
import { nodeRuntime } from "../runtime/node.ts";
import { createRandom } from "../sampling/index.ts";
import { loadState, parseConfig, type TrainOptions } from "../train/index.ts";
import {
  classifierTrainingSchema,
  largestOfRows,
  openClassifier,
  openFeatures,
  readClassifier,
  trainClassifier,
  writeClassifier,
} from "./index.ts";

const SIDE = 16;
const PICTURES = 60;
let folder: string;
let data: string;

/** Three classes: stripes across, stripes down, plain; noise on all. */
function picture(label: number, side: number, seed: number): Uint8Array {
  const random = createRandom(seed, "picture");
  return Uint8Array.from({ length: side * side * 3 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % side, Math.floor(i / (3 * side))];
    const bright = label === 0 ? y % 4 < 2 : label === 1 ? x % 4 < 2 : true;
    return (bright ? 190 : 40) + random.int(40);
  });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flexvar-judge-"));
  data = join(folder, "stripes.npz");
  const images = Array.from({ length: PICTURES }, (_, i) => picture(i % 3, SIDE, i));
  await writeNpz(data, {
    images: npyArray("uint8", [PICTURES, SIDE, SIDE, 3], Uint8Array.from(images.flatMap((one) => [...one]))),
    labels: npyArray(
      "uint8",
      [PICTURES],
      Uint8Array.from({ length: PICTURES }, (_, i) => i % 3),
    ),
    split: npyArray(
      "uint8",
      [PICTURES],
      Uint8Array.from({ length: PICTURES }, (_, i) => Number(i >= 48)),
    ),
  });
  await writeFile(join(folder, "classes.json"), JSON.stringify({ id2label: { 0: "across", 1: "down", 2: "plain" } }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const STEPS = 30;
const config = (changes: Record<string, unknown> = {}) =>
  parseConfig(
    classifierTrainingSchema,
    {
      kind: "judge",
      about: { aim: "test", command: "test", expected: "test", time: "test" },
      model: { patchSize: 2, widths: [8, 16], normGroups: 4 },
      data: { sizes: [12, 16], batchSize: 12, augment: { flip: 0.5 } },
      regularisation: { labelSmoothing: 0.05, mixup: 0.2, colour: 0.1 },
      optimizer: { peakLr: 0.01, warmupSteps: 4, steps: STEPS, emaDecay: 0.8 },
      run: { logEvery: 10, checkpointEvery: 10, evaluateEvery: STEPS },
      ...changes,
    },
    "test",
  );

describe("trainClassifier", () => {
  it("interrupted and resumed is the unbroken run bit for bit, and learns what the classes are", async () => {
    const [whole, parted] = [join(folder, "whole"), join(folder, "parted")];
    const train = (out: string, options: TrainOptions) =>
      trainClassifier(config(), data, out, { threads: 1, ...options });
    const { best } = await train(whole, {});
    expect(best!.score).toBeGreaterThan(0.9);
    const abort = new AbortController();
    const log = (line: string): void => {
      if (line.startsWith("step 10/")) abort.abort();
    };
    await train(parted, { log, signal: abort.signal });
    await train(parted, { resume: true });
    const state = (out: string) =>
      loadState(join(out, "checkpoints", `step-${String(STEPS).padStart(7, "0")}.safetensors`));
    const [one, other] = [await state(whole), await state(parted)];
    expect(one.json).toEqual(other.json);
    for (const [name, { data: values }] of one.arrays) expect(values, name).toEqual(other.arrays.get(name)!.data);
  }, 120_000);

  it("leaves a folder in half precision whose judge names pictures of other sizes", async () => {
    const half = join(folder, "whole", "model");
    const full = join(folder, "full");
    const { config: saved, arrays } = await readClassifier(half);
    expect(saved).toMatchObject({ labels: ["across", "down", "plain"], sizes: [12, 16], heldOutPictures: 12 });
    await writeClassifier(full, saved, new Map([...arrays].map(([name, values]) => [name, { data: values }])));
    const classifier = await openClassifier(half, nodeRuntime({ threads: 1 }));
    for (const [width, height] of [
      [20, 16],
      [17, 15],
    ] as const) {
      const side = 20;
      const crop = (label: number): Uint8Array => {
        const wide = picture(label, side, 100 + label);
        return Uint8Array.from({ length: width * height * 3 }, (_, i) => {
          const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / (3 * width))];
          return wide[3 * (y * side + x) + (i % 3)]!;
        });
      };
      const pictures = Uint8Array.from([0, 1, 2].flatMap((label) => [...crop(label)]));
      const { features, logits } = await classifier.extract({ data: pictures, count: 3, width, height });
      expect(features).toHaveLength(3 * classifier.dim);
      expect([...largestOfRows(logits, 3)], `${width}x${height}`).toEqual([0, 1, 2]);
    }
    await expect(classifier.extract({ data: new Uint8Array(5), count: 1, width: 2, height: 2 })).rejects.toThrow(
      "judge: expected 1 pictures of 2x2x3 bytes, got 5 bytes in all",
    );
    const source = await openFeatures(half, nodeRuntime({ threads: 1 }));
    const one = { data: picture(0, SIDE, 7), count: 1, width: SIDE, height: SIDE };
    expect((await source.extract(one)).features).toEqual((await classifier.extract(one)).features);
    expect([source.dim, source.hash]).toEqual([16, classifier.hash]);
    await Promise.all([source.close(), classifier.close()]);
    const [long, short] = await Promise.all([full, half].map((at) => readFile(join(at, "classifier.safetensors"))));
    expect(short!.length).toBeLessThan(0.75 * long!.length);
  }, 60_000);

  it("refuses sizes that the network cannot take, and a folder that is not a judge's", async () => {
    const wrong = config({ data: { sizes: [14], batchSize: 4 } });
    await expect(trainClassifier(wrong, data, join(folder, "wrong"))).rejects.toThrow(
      "data.sizes: expected multiples of 4, got 14",
    );
    const bad = join(folder, "bad");
    const { config: saved, arrays } = await readClassifier(join(folder, "whole", "model"));
    await writeClassifier(bad, saved, new Map([...arrays].map(([name, values]) => [name, { data: values }])));
    await writeFile(join(bad, "config.json"), JSON.stringify({ model_type: "flexvar" }));
    await expect(readClassifier(bad)).rejects.toThrow(/config.json: model_type/);
  }, 60_000);
});

describe("a judge in closed form", () => {
  const closed = (changes: Record<string, unknown> = {}) =>
    parseConfig(
      classifierTrainingSchema,
      {
        kind: "discriminant-judge",
        about: { aim: "test", command: "test", expected: "test", time: "test" },
        model: { side: 16, width: 2, shrinkage: 0.3 },
        data: { sizes: [16, 32] },
        ...changes,
      },
      "test",
    );

  it("names pictures, knows their groups, sees details, and is read again as it was written", async () => {
    const grouped = join(folder, "grouped");
    await cp(data, join(grouped, "stripes.npz"));
    const groups = { striped: ["across", "down"], plain: ["plain"] };
    const classes = { id2label: { 0: "across", 1: "down", 2: "plain" }, groups };
    await writeFile(join(grouped, "classes.json"), JSON.stringify(classes));
    const out = join(folder, "closed");
    const found = await trainClassifier(closed(), grouped, out, { threads: 1 });
    expect(found).toMatchObject({ finished: true, best: { score: 1 } });
    const classifier = await openClassifier(join(out, "model"), nodeRuntime({ threads: 1 }));
    expect([classifier.dim, classifier.heldOutAccuracy]).toEqual([2, { 16: 1, 32: 1 }]);
    expect(classifier.groups).toEqual([
      { name: "striped", members: [0, 1] },
      { name: "plain", members: [2] },
    ]);
    const three = Uint8Array.from([0, 1, 2].flatMap((label) => [...picture(label, 16, 70 + label)]));
    const { features, logits, details } = await classifier.extract({ data: three, count: 3, width: 16, height: 16 });
    expect([...largestOfRows(logits, 3)]).toEqual([0, 1, 2]);
    expect(features).toHaveLength(6);
    expect([details.fine.places, details.coarse.places]).toEqual([64, 16]);
    await classifier.close();
    const { config: saved, arrays } = await readClassifier(join(out, "model"));
    const copy = join(folder, "closed-copy");
    await writeClassifier(copy, saved, new Map([...arrays].map(([name, values]) => [name, { data: values }])), true);
    expect((await readClassifier(copy)).hash).toBe((await readClassifier(join(out, "model"))).hash);
  }, 60_000);

  it("refuses unknown keys with the valid ones, and groups of what is no label", async () => {
    expect(() => closed({ model: { side: 16, width: 2, shrinkage: 0, depth: 3 } })).toThrow(
      /unknown key "depth" in model: expected one of .*shrinkage/,
    );
    expect(() => closed({ model: { side: 20, width: 2, shrinkage: 0 } })).toThrow(/model.side/);
    const strange = join(folder, "strange");
    await cp(data, join(strange, "stripes.npz"));
    const classes = { id2label: { 0: "across", 1: "down", 2: "plain" }, groups: { striped: ["dotted"] } };
    await writeFile(join(strange, "classes.json"), JSON.stringify(classes));
    await expect(trainClassifier(closed(), strange, join(folder, "none"), { threads: 1 })).rejects.toThrow(
      'classes.json: expected names of classes in group "striped", got "dotted"',
    );
  }, 60_000);
});
