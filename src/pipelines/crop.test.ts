import { FlexVAR } from "flexvar";
import { afterAll, beforeAll, expect, test } from "vitest";
import { importGolden, scratchFolder } from "../../test/support/golden.ts";
import { plainMask, reduceRegion, reduceView } from "../editing/index.ts";
import { createRandom } from "../sampling/index.ts";
import type { EditEvent } from "./model.ts";
import { shownPictures } from "./run.ts";

const scratch = await scratchFolder();
let pipe: FlexVAR;
beforeAll(async () => {
  pipe = await FlexVAR.fromPretrained(await importGolden(scratch.path, "FlexVAR-T-plain-f16.pth"), { threads: 1 });
});
afterAll(async () => {
  await pipe.dispose();
  await scratch.remove();
});

const random = createRandom(1, "crop");
const noise = (width: number, height: number) => ({
  data: Uint8Array.from({ length: width * height * 3 }, () => random.int(256)),
  width,
  height,
});

function boxMask(width: number, height: number, left: number, top: number, w: number, h: number) {
  const mask = plainMask(width, height, 0);
  for (let y = top; y < top + h; y++) mask.data.fill(255, y * width + left, y * width + left + w);
  return mask;
}

async function all(run: AsyncGenerator<EditEvent>): Promise<EditEvent[]> {
  const events: EditEvent[] = [];
  for await (const event of run) events.push(event);
  return events;
}

const options = { greedy: "none", classLabels: [3], seed: 2 } as const;

test("the model works on the part alone: as many tokens whatever the photograph's size, and nothing outside the mask changes", async () => {
  const counts: number[] = [];
  for (const [width, height] of [
    [700, 600],
    [1400, 900],
  ] as const) {
    const image = noise(width, height);
    const mask = boxMask(width, height, 220, 160, 250, 250);
    const events = await all(pipe.inpaint({ ...options, image, mask, crop: "auto" }));
    counts.push(events.reduce((sum, { tokens }) => sum + tokens.length, 0));
    const last = events.at(-1)!;
    const [result] = await last.images();
    let wrong = 0;
    for (let i = 0; i < mask.data.length; i++)
      for (let c = 0; c < 3; c++) if (mask.data[i] === 0 && image.data[3 * i + c] !== result!.data[4 * i + c]) wrong++;
    expect(wrong).toBe(0);
    expect(last.cropped!.crop.zoom).toBeGreaterThan(1);
    expect((await last.cropped!.patches())[0]!.width).toBe(last.cropped!.crop.work.width);
    // What shows how it stands is small.
    const [shown] = await shownPictures({ ...last, isLast: false }, 16);
    expect(Math.max(shown!.width, shown!.height)).toBeLessThanOrEqual(256);
  }
  expect(counts[0]).toBe(counts[1]);
});

test("what is under the mask changes no pixel of the result", async () => {
  const image = noise(300, 200);
  const mask = boxMask(300, 200, 120, 60, 90, 90);
  const other = {
    ...image,
    data: image.data.map((value, i) => (mask.data[Math.floor(i / 3)] === 0 ? value : 255 - value)),
  };
  const [a, b] = [image, other].map((one) => all(pipe.inpaint({ ...options, image: one, mask, crop: "auto" })));
  expect(await (await a!).at(-1)!.images()).toEqual(await (await b!).at(-1)!.images());
});

test("a region reduced row by row is what reducing it whole gives", () => {
  const image = noise(50, 40);
  const mask = boxMask(50, 40, 10, 12, 9, 7);
  const hole = Uint8Array.from(mask.data, (value) => (value > 0 ? 1 : 0));
  const whole = { left: 0, top: 0, width: 50, height: 40 };
  const expected = reduceView({ picture: image, hole }, 16, 12);
  const got = reduceRegion(image, mask, whole, { width: 16, height: 12 }, false);
  expect(got.hole).toEqual(expected.hole);
  const worst = got.picture.data.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - expected.picture.data[i]!)),
    0,
  );
  expect(worst).toBeLessThanOrEqual(1);
});
