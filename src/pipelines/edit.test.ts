import { type EditMask, FlexVAR } from "flexvar";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { importGolden, scratchFolder } from "../../test/support/golden.ts";
import { type RgbaImage, type RgbImage, withAlpha } from "../image/index.ts";
import { createRandom, type Random } from "../sampling/index.ts";
import type { EditEvent } from "./model.ts";

const scratch = await scratchFolder();
let pipe: FlexVAR;

beforeAll(async () => {
  pipe = await FlexVAR.fromPretrained(await importGolden(scratch.path, "FlexVAR-T-plain-f16.pth"), { threads: 1 });
});

afterAll(async () => {
  await pipe.dispose();
  await scratch.remove();
});

const base = { greedy: "none", scales: undefined, steps: undefined } as const;

async function last(run: AsyncGenerator<EditEvent>): Promise<readonly RgbaImage[]> {
  const images: RgbaImage[] = [];
  for await (const event of run) if (event.isLast) images.push(...(await event.images()));
  return images;
}

function noise(random: Random, width: number, height: number, channels: 3 | 4): RgbImage {
  return { data: Uint8Array.from({ length: width * height * channels }, () => random.int(256)), width, height };
}

/** Rectangles, several and at the border, or scattered pixels; hard, or with soft values. */
function randomMask(random: Random, width: number, height: number, soft: boolean): EditMask {
  const data = new Uint8Array(width * height);
  const value = (): number => (soft ? 1 + random.int(255) : 255);
  const scattered = random.int(3) === 0;
  for (let n = 1 + random.int(3); n > 0; n--) {
    if (scattered) {
      data[random.int(data.length)] = value();
      continue;
    }
    const [x, y] = [random.int(width), random.int(height)];
    const [w, h] = [1 + random.int(width - x), 1 + random.int(height - y)];
    for (let v = y; v < y + h; v++) data.fill(value(), v * width + x, v * width + x + w);
  }
  return { data, width, height };
}

/** Positions of kept pixels at which two pictures differ. */
function keptDifferences(mask: EditMask, a: RgbaImage, b: RgbaImage): number {
  let count = 0;
  for (let i = 0; i < mask.data.length; i++)
    if (mask.data[i] === 0) for (let c = 0; c < 4; c++) if (a.data[4 * i + c] !== b.data[4 * i + c]) count++;
  return count;
}

describe("in-painting", () => {
  test("1000 random masks and sizes: every pixel outside the mask keeps its bytes, alpha too", async () => {
    const random = createRandom(1, "exact");
    let painted = 0;
    for (let n = 0; n < 1000; n++) {
      const [width, height] = [1 + random.int(40), 1 + random.int(40)];
      const image = noise(random, width, height, n % 2 === 0 ? 3 : 4);
      const mask = randomMask(random, width, height, n % 3 === 0);
      const windowed = n % 4 === 0 ? { window: 16, padding: 4 } : {};
      const [result] = await last(pipe.inpaint({ ...base, ...windowed, image, mask, classLabels: [n % 10], seed: n }));
      expect([result!.width, result!.height]).toEqual([width, height]);
      const before = withAlpha(image);
      expect(keptDifferences(mask, before, result!), `mask ${n}, ${width}x${height}`).toBe(0);
      if (result!.data.some((value, i) => value !== before.data[i])) painted++;
    }
    expect(painted).toBeGreaterThan(950);
  }, 240_000);

  test("200 random masks: noise in place of what was under the mask changes no pixel", async () => {
    const random = createRandom(2, "leak");
    for (let n = 0; n < 200; n++) {
      const [width, height] = [8 + random.int(50), 8 + random.int(50)];
      const image = noise(random, width, height, 3);
      const mask = randomMask(random, width, height, false);
      const other = noise(random, width, height, 3);
      const changed = { ...image, data: image.data.map((v, i) => (mask.data[Math.floor(i / 3)] ? other.data[i]! : v)) };
      const options = { ...base, ...(n % 4 === 0 ? { window: 16, padding: 4 } : {}), mask, seed: n };
      const classLabels = n % 10 === 0 ? ("auto" as const) : [n % 10];
      const first = await last(pipe.inpaint({ ...options, image, classLabels }));
      const second = await last(pipe.inpaint({ ...options, image: changed, classLabels }));
      expect(second, `mask ${n}, ${width}x${height}`).toEqual(first);
    }
  }, 240_000);

  test("strength below 1 lets what is under the mask through, and only then", async () => {
    const random = createRandom(3, "strength");
    const image = noise(random, 48, 48, 3);
    const mask = { data: new Uint8Array(48 * 48).fill(255), width: 48, height: 48 };
    const other = noise(random, 48, 48, 3);
    const result = async (picture: RgbImage, strength: number) =>
      last(pipe.inpaint({ ...base, image: picture, mask, classLabels: [1], strength }));
    expect(await result(image, 1)).toEqual(await result(other, 1));
    expect(await result(image, 0.2)).not.toEqual(await result(other, 0.2));
  });

  test("a full mask is a generation of that size", async () => {
    const image = noise(createRandom(4), 48, 32, 3);
    const mask = { data: new Uint8Array(48 * 32).fill(255), width: 48, height: 32 };
    const tokens: Int32Array[] = [];
    for await (const event of pipe.inpaint({ ...base, image, mask, classLabels: [2], seed: 9 }))
      tokens.push(event.tokens);
    const generated: Int32Array[] = [];
    for await (const event of pipe.generate({ ...base, classLabels: [2], seed: 9, size: [48, 32] }))
      generated.push(event.tokens);
    expect(tokens).toEqual(generated);
  });

  test("variants have seeds of their own; the same seed gives the same picture, alone or beside others", async () => {
    const image = noise(createRandom(5), 40, 40, 3);
    const mask = randomMask(createRandom(6), 40, 40, false);
    const options = { ...base, image, mask, classLabels: [3, 4], seed: 2 };
    const all = await last(pipe.inpaint({ ...options, count: 3 }));
    expect(all).toHaveLength(6);
    expect(new Set(all.map(({ data }) => data.join())).size).toBe(6);
    const alone = await last(pipe.inpaint({ ...options, classLabels: [4], firstIndex: 1, batchSize: 1 }));
    expect(alone).toEqual([all[4]]);
  });

  test("every scale yields whole pictures with the kept pixels in place", async () => {
    const image = noise(createRandom(7), 48, 48, 3);
    const mask = { data: new Uint8Array(48 * 48), width: 48, height: 48 };
    mask.data.fill(255, 0, 48 * 10);
    const seen: number[] = [];
    for await (const event of pipe.inpaint({ ...base, image, mask, classLabels: "none" })) {
      const [picture] = await event.images();
      expect(keptDifferences(mask, withAlpha(image), picture!)).toBe(0);
      seen.push(event.index);
    }
    expect(seen).toEqual([...seen.keys()]);
    expect(seen.length).toBeGreaterThan(1);
  });

  test("an aborted signal stops it", async () => {
    const image = noise(createRandom(8), 32, 32, 3);
    const mask = { data: new Uint8Array(1024).fill(255), width: 32, height: 32 };
    const reason = new Error("enough");
    for (const classLabels of [[0], "auto"] as const) {
      const run = last(pipe.inpaint({ ...base, image, mask, classLabels, signal: AbortSignal.abort(reason) }));
      await expect(run).rejects.toBe(reason);
    }
  });

  test("costs one generation and one encode", async () => {
    const runs: Record<string, number> = {};
    const counted = new Map<object, unknown>();
    const { networks } = pipe;
    const count = (name: string, session: Awaited<ReturnType<typeof networks.encoder>>) => {
      if (counted.has(session)) return;
      const run = session.run.bind(session);
      counted.set(session, run);
      session.run = (...args: Parameters<typeof run>) => {
        runs[name] = (runs[name] ?? 0) + 1;
        return run(...args);
      };
    };
    count("step", await networks.step(true));
    count("plain", await networks.step(false));
    count("encoder", await networks.encoder());
    count("decoder", await networks.decoder());
    const image = noise(createRandom(9), 64, 64, 3);
    const mask = { data: new Uint8Array(64 * 64), width: 64, height: 64 };
    for (let y = 0; y < 16; y++) mask.data.fill(255, y * 64, y * 64 + 16);
    const guided = { ...base, guidance: 2, classLabels: [1] };
    await last(pipe.inpaint({ ...guided, image, mask }));
    const edit = { ...runs };
    for (const name of Object.keys(runs)) delete runs[name];
    for await (const event of pipe.generate({ ...guided, size: [64, 64] })) if (event.isLast) await event.image();
    expect(edit).toEqual({ ...runs, encoder: 1 });
    for (const [session, run] of counted) Object.assign(session, { run });
  });
});

describe("bad input", () => {
  const image = noise(createRandom(10), 20, 30, 3);
  const plain = (width: number, height: number, value: number): EditMask => ({
    data: new Uint8Array(width * height).fill(value),
    width,
    height,
  });
  test.each([
    ["a mask of another size", { mask: plain(30, 20, 255) }, /mask: expected the picture's size, 20x30, got 30x20/],
    ["an empty mask", { mask: plain(20, 30, 0) }, /mask: expected something to repaint .* black all over/],
    ["a short mask", { mask: { data: new Uint8Array(3), width: 20, height: 30 } }, /mask: expected 600 values, got 3/],
    ["an unknown class", { classLabels: [99] }, /classLabels: expected an id from 0 to 9, got 99/],
    ["no class", { classLabels: [] }, /classLabels: expected at least one class, got none/],
    ["an unknown word", { classLabels: "best" as "auto" }, /classLabels: expected class ids or names, auto or none/],
    ["strength", { strength: 1.5 }, /strength: expected a number from 0 to 1, got 1.5/],
    ["padding", { window: 32, padding: 16 }, /padding: expected less than half the window of 32, got 16/],
    ["fill", { fill: "zero" as "mean" }, /fill: expected mean or nearest or diffusion, got "zero"/],
    ["top-p", { topP: 2 }, /topP: expected a number from 0 to 1, got 2/],
    ["bytes that do not fit", { image: { data: new Uint8Array(5), width: 2, height: 1 } }, /image: expected 2x1x3/],
  ])("%s is refused in words", async (_, options, message) => {
    const run = last(pipe.inpaint({ ...base, image, mask: plain(20, 30, 255), classLabels: [1], ...options }));
    await expect(run).rejects.toThrow(message);
  });
});

describe("wider canvases", () => {
  test("out-painting keeps the picture where it was put", async () => {
    const image = noise(createRandom(11), 20, 24, 4);
    const [result] = await last(pipe.outpaint({ ...base, image, left: 5, bottom: 9, classLabels: [1] }));
    expect([result!.width, result!.height]).toEqual([25, 33]);
    for (let y = 0; y < 24; y++)
      expect(result!.data.slice((y * 25 + 5) * 4, (y * 25 + 25) * 4)).toEqual(image.data.slice(y * 80, y * 80 + 80));
    await expect(last(pipe.outpaint({ ...base, image }))).rejects.toThrow(/left: expected pixels to add/);
    await expect(last(pipe.outpaint({ ...base, image, top: -1 }))).rejects.toThrow(/top: expected a whole number/);
  });

  test("expanding centres the picture", async () => {
    const image = noise(createRandom(12), 20, 20, 3);
    const [wide] = await last(pipe.expand({ ...base, image, ratio: 2, classLabels: [1] }));
    expect([wide!.width, wide!.height]).toEqual([40, 20]);
    expect(wide!.data.slice(40, 43)).toEqual(image.data.slice(0, 3));
    const [high] = await last(pipe.expand({ ...base, image, ratio: 0.5, classLabels: [1] }));
    expect([high!.width, high!.height]).toEqual([20, 40]);
    await expect(last(pipe.expand({ ...base, image, ratio: 1 }))).rejects.toThrow(/ratio: expected another ratio/);
  });
});
