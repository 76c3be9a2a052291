import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Dataset } from "../data/index.ts";
import { readConfig } from "../train/index.ts";
import { type Classifier, classAccuracy, classifierTrainingSchema, wilsonInterval } from "./index.ts";

/** Plain pictures of 6×4 pixels whose brightness is given. */
function plain(names: readonly string[], rows: readonly (readonly [label: number, value: number])[]): Dataset {
  return {
    length: rows.length,
    classes: names,
    labelOf: (i) => rows[i]![0],
    nameOf: String,
    get: async (i) => {
      const [label, value] = rows[i]!;
      return { image: { width: 6, height: 4, data: new Uint8Array(72).fill(value) }, label, name: String(i) };
    },
    close: async () => {},
  };
}

const sides: number[] = [];
/** Names pictures by brightness: dark, grey or light. */
const classifier: Classifier = {
  name: "brightness",
  hash: "",
  dim: 1,
  labels: ["dark", "grey", "light"],
  heldOutAccuracy: {},
  extract: () => Promise.reject(new Error("not asked for")),
  close: async () => {},
  extractPlanes: async (planes, count, height, width) => {
    sides.push(height, width);
    const size = planes.length / count;
    const logits = new Float32Array(3 * count);
    for (let i = 0; i < count; i++) logits[3 * i + Math.min(2, Math.floor(((planes[i * size]! + 1) * 3) / 2))] = 1;
    return { features: new Float32Array(count), logits };
  },
};

describe("classAccuracy", () => {
  it("matches classes by name and tells what pictures were taken for", async () => {
    const rows = [
      [0, 250],
      [0, 10],
      [0, 20],
      [1, 5],
      [1, 130],
    ] as const;
    const { classes, interval, shares, ...rest } = await classAccuracy(classifier, plain(["light", "dark"], rows), {
      size: 5,
    });
    expect(rest).toEqual({ pictures: 5, correct: 2, accuracy: 0.4 });
    expect(classes).toEqual([
      { label: "dark", pictures: 2, correct: 1, takenFor: { label: "grey", pictures: 1 } },
      { label: "grey", pictures: 0, correct: 0 },
      { label: "light", pictures: 3, correct: 1, takenFor: { label: "dark", pictures: 2 } },
    ]);
    expect(interval).toEqual(wilsonInterval(2, 5));
    expect(shares).toEqual({ top5_accuracy: { value: 1, interval: wilsonInterval(5, 5) } });
    expect(sides).toEqual([5, 5]);
  });

  it("tells how often a group of the class is the likeliest, where the judge knows groups", async () => {
    const groups = [
      { name: "dim", members: [0, 1] },
      { name: "bright", members: [2] },
    ];
    const rows = [
      [0, 250],
      [0, 10],
      [1, 5],
      [1, 250],
    ] as const;
    const { accuracy, shares } = await classAccuracy({ ...classifier, groups }, plain(["light", "grey"], rows), {
      size: 5,
    });
    // Of the light ones one is given dark; of the grey ones one is given dark, which is of its group, and one light.
    expect([accuracy, shares.group_accuracy!.value]).toEqual([1 / 4, 2 / 4]);
    expect(shares.group_top5_accuracy!.value).toBe(1);
  });

  it("takes numbers for numbers, at the pictures' own short side", async () => {
    sides.length = 0;
    const { accuracy } = await classAccuracy(classifier, plain(["0", "1", "2"], [[1, 128]]));
    expect(accuracy).toBe(1);
    expect(sides).toEqual([4, 4]);
    await expect(classAccuracy(classifier, plain(["dark", "blue"], [[1, 128]]))).rejects.toThrow(/got "blue"/);
  });
});

it("Wilson's interval of 8 of 10 is 0.490 to 0.943 (Brown, Cai & DasGupta 2001), of nothing everything", () => {
  const [low, high] = wilsonInterval(8, 10);
  expect(low).toBeCloseTo(0.4902, 3);
  expect(high).toBeCloseTo(0.9433, 3);
  expect(wilsonInterval(0, 0)).toEqual([0, 1]);
});

it.each([
  ["fashion-judge", { optimizer: { steps: 4 } }],
  ["emoji-judge", { kind: "discriminant-judge", model: { width: 16 } }],
])("configs/%s.json is valid, in its quick form too", async (name, quick) => {
  const path = fileURLToPath(new URL(`../../configs/${name}.json`, import.meta.url));
  await expect(readConfig(classifierTrainingSchema, path)).resolves.toHaveProperty("about.command");
  await expect(readConfig(classifierTrainingSchema, path, true)).resolves.toMatchObject(quick);
});
