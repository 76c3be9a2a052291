import { FlexVAR } from "flexvar";
import { afterAll, beforeAll, expect, test } from "vitest";
import { importGolden, scratchFolder } from "../../test/support/golden.ts";
import { resizeRgb } from "../editing/index.ts";
import { flattenAlpha, type RgbaImage, type RgbImage } from "../image/index.ts";
import { createRandom } from "../sampling/index.ts";
import { scoredSize } from "./likelihood.ts";
import type { EditEvent } from "./model.ts";
import { guidedScales, hintedScales } from "./window-pass.ts";

const scratch = await scratchFolder();
let pipe: FlexVAR;

beforeAll(async () => {
  pipe = await FlexVAR.fromPretrained(await importGolden(scratch.path, "FlexVAR-T-plain-f16.pth"), { threads: 1 });
});

afterAll(async () => {
  await pipe.dispose();
  await scratch.remove();
});

const base = { greedy: "none" as const, classLabels: [1] };
const random = createRandom(1, "refine");
const noise = (width: number, height: number, channels = 3): RgbImage => ({
  data: Uint8Array.from({ length: width * height * channels }, () => random.int(256)),
  width,
  height,
});

async function all(run: AsyncGenerator<EditEvent>): Promise<{ events: EditEvent[]; images: readonly RgbaImage[] }> {
  const events: EditEvent[] = [];
  for await (const event of run) events.push(event);
  return { events, images: await events.at(-1)!.images() };
}

test("refining at full strength keeps the tokens of grids up to the picture's own size and draws those above", async () => {
  const image = noise(32, 32);
  const first = await all(pipe.refine({ ...base, image, size: [96, 96], seed: 1, strength: 1 }));
  const second = await all(pipe.refine({ ...base, image, size: [96, 96], seed: 2, strength: 1 }));
  expect([first.images[0]!.width, first.images[0]!.height]).toEqual([96, 96]);
  for (const [i, event] of first.events.entries())
    if (event.grid[0] <= 2) expect(second.events[i]!.tokens).toEqual(event.tokens);
    else expect(second.events[i]!.tokens).not.toEqual(event.tokens);
});

test("a refined picture reduced to the first one's size is that picture", async () => {
  // Away from black and white, where adding detail would be cut off.
  const image = noise(32, 32);
  image.data.forEach((value, i) => {
    image.data[i] = 96 + (value >> 2);
  });
  const { images } = await all(pipe.refine({ ...base, image, size: [96, 96], strength: 1 }));
  const back = resizeRgb(flattenAlpha(images[0]!, [255, 255, 255]), 32, 32);
  const enlarged = resizeRgb(image, 96, 96);
  const plain = resizeRgb(enlarged, 32, 32);
  const apart = (a: RgbImage, b: RgbImage) =>
    a.data.reduce((sum, value, i) => sum + Math.abs(value - b.data[i]!), 0) / a.data.length;
  expect(apart(flattenAlpha(images[0]!, [255, 255, 255]), enlarged)).toBeGreaterThan(2);
  expect(apart(back, plain)).toBeLessThan(6);
});

test("strength says how many scales are drawn: none by default, the finest share of them else", async () => {
  const image = noise(48, 48);
  const tokens = async (strength: number | undefined, seed: number) =>
    (await all(pipe.refine({ ...base, image, size: [96, 96], seed, strength }))).events.map((event) => event.tokens);
  expect(await tokens(undefined, 1)).toEqual(await tokens(0, 2));
  expect((await tokens(1, 1)).at(-1)).not.toEqual((await tokens(1, 2)).at(-1));
  expect(
    guidedScales(
      [
        [1, 1],
        [2, 2],
        [3, 3],
        [4, 4],
      ],
      undefined,
      0.5,
    ),
  ).toBe(2);
  expect(
    guidedScales(
      [
        [1, 1],
        [2, 2],
        [3, 3],
        [4, 4],
      ],
      2,
      1,
    ),
  ).toBe(2);
});

test("coarse scales are hinted by the filled picture, the more the thinner the hole, where more than half of the view is kept", () => {
  const grids = Array.from({ length: 10 }, (_, i) => [i + 1, i + 1] as const);
  const hinted = (width: number, height: number, hint = 1.6) => {
    const data = new Uint8Array(40 * 40);
    for (let y = 0; y < height; y++) data.fill(1, (y + 4) * 40 + 4, (y + 4) * 40 + 4 + width);
    return hintedScales(grids, { data, width: 40, height: 40 }, hint);
  };
  // Widths of 20, 10, 10 and 2 pixels: 1.6 · 40 / 20 = 3.2 cells, and so on; nearly half of the picture, and more than half.
  expect([hinted(20, 20), hinted(10, 10), hinted(10, 30), hinted(2, 30)]).toEqual([3, 6, 6, 7]);
  expect([hinted(20, 20, 0), hinted(28, 28), hinted(30, 30)]).toEqual([0, 2, 0]);
});

test("a hint settles the coarse tokens of a small hole, whatever the seed, and nothing else", async () => {
  const image = noise(64, 64);
  const mask = { data: new Uint8Array(64 * 64), width: 64, height: 64 };
  for (let y = 16; y < 48; y++) mask.data.fill(255, y * 64 + 16, y * 64 + 48);
  const tokens = async (hint: number, seed: number) =>
    (await all(pipe.inpaint({ ...base, image, mask, hint, seed, scales: "1,2,3,4" }))).events.map((one) => one.tokens);
  const [one, two] = [await tokens(1, 1), await tokens(1, 2)];
  expect(two.slice(0, 2)).toEqual(one.slice(0, 2));
  expect(two[3]).not.toEqual(one[3]);
  expect((await tokens(0, 1)).slice(0, 2)).not.toEqual((await tokens(0, 2)).slice(0, 2));
});

test("refining keeps transparency, and works in windows where asked", async () => {
  const image = noise(30, 20, 4);
  for (let i = 0; i < 600; i++) image.data[4 * i + 3] = i % 30 < 15 ? 0 : 255;
  const { events, images } = await all(pipe.refine({ ...base, image, size: [60, 40], window: 16, padding: 4 }));
  expect(events.at(-1)!.windows).toBeGreaterThan(1);
  expect([images[0]!.data[3], images[0]!.data[4 * 59 + 3]]).toEqual([0, 255]);
  await expect(all(pipe.refine({ ...base, image, size: [20, 40] }))).rejects.toThrow(
    /size: expected whole sides from the picture's own 30x20 to 16384, got 20x40/,
  );
});

test("scores are logarithms of probabilities: of every code a token can be they add up to one", async () => {
  const image = noise(32, 32);
  const [one, none] = await pipe.score({ image, classIds: [1, 10] });
  expect([one!.classId, none!.classId]).toEqual([1, 10]);
  expect(one!.scales.every(({ logProbs }) => logProbs.every((value) => value < 0))).toBe(true);
  const total = one!.scales.reduce((sum, { logProbs }) => sum + logProbs.reduce((a, b) => a + b, 0), 0);
  expect(one!.logLikelihood).toBeCloseTo(total, 3);
  const tokens = one!.scales.reduce((n, { logProbs }) => n + logProbs.length, 0);
  expect(one!.bitsPerToken).toBeCloseTo(-total / tokens / Math.LN2, 4);
  for await (const { logits, index } of pipe.generate({ ...base, size: [32, 32], guidance: 0 })) {
    if (index > 0) break;
    const sum = logits.reduce((s, value) => s + Math.exp(value), 0);
    const own = Math.log(Math.exp(logits[one!.scales[0]!.tokens[0]!]!) / sum);
    expect(one!.scales[0]!.logProbs[0]).toBeCloseTo(own, 4);
  }
});

test("the tokens scored are those that encoding gives, and a class scores the same beside others", async () => {
  const image = noise(48, 32);
  const grids = [
    [1, 1],
    [1, 2],
    [2, 3],
  ] as const;
  const scores = await pipe.score({ image, classIds: Array.from({ length: 18 }, (_, i) => i % 10), grids });
  const [alone] = await pipe.score({ image, classIds: [7], grids });
  expect(scores[17]!.logLikelihood).toBeCloseTo(alone!.logLikelihood, 3);
  const { rgbToPlanar } = await import("../image/index.ts");
  const encoded = await pipe.encode(rgbToPlanar([image]), grids);
  expect(alone!.scales.map(({ tokens }) => tokens)).toEqual(encoded.map(({ tokens }) => tokens));
  expect(scoredSize({ width: 1000, height: 250 }, 16, 16)).toEqual({ width: 512, height: 128 });
  expect(scoredSize({ width: 1, height: 50 }, 16, 16)).toEqual({ width: 16, height: 48 });
});
