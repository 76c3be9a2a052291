import { FlexVAR } from "flexvar";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { importGolden, scratchFolder } from "../../test/support/golden.ts";
import type { RgbaImage } from "../image/index.ts";
import { createRandom, RowSampler } from "../sampling/index.ts";
import { drawRows, windowPart } from "./level.ts";
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

const base = { greedy: "none" as const, classLabels: [1], window: 64, seed: 3 };

async function all(run: AsyncGenerator<EditEvent>): Promise<{ events: EditEvent[]; images: readonly RgbaImage[] }> {
  const events: EditEvent[] = [];
  for await (const event of run) events.push(event);
  return { events, images: await events.at(-1)!.images() };
}

test("a large picture is drawn over a coarse one, level by level, whole grids each time", async () => {
  const { events, images } = await all(pipe.generateLarge({ ...base, size: [150, 200] }));
  expect([images[0]!.width, images[0]!.height]).toEqual([150, 200]);
  const ends = events.filter(({ index, total }) => index === total - 1);
  // 64 px, then twice that; the last brings 150x200 up to whole quanta of four tokens of 16 px.
  expect(ends.map(({ grid }) => grid)).toEqual([
    [6, 4],
    [12, 8],
    [16, 12],
  ]);
  expect(ends.map(({ pass }) => pass.draft)).toEqual([true, true, false]);
  expect(events.filter(({ isLast }) => isLast)).toHaveLength(1);
  for (const { tokens, grid } of events) expect(tokens).toHaveLength(grid[0] * grid[1]);
  const preview = (await events[0]!.images())[0]!;
  expect([preview.width, preview.height]).toEqual([150, 200]);
});

test("the first picture is what generate draws, and each picture is the same alone and among others", async () => {
  const { events } = await all(pipe.generateLarge({ ...base, size: [150, 150], count: 2 }));
  const draft = events.filter(({ window, first }) => window === 0 && first === 1);
  const plain = [];
  const { window, ...sampling } = base;
  for await (const { tokens } of pipe.generate({ ...sampling, size: [window, window], firstIndex: 1 }))
    plain.push(tokens);
  expect(draft.map(({ tokens }) => tokens)).toEqual(plain);
  const alone = await all(pipe.generateLarge({ ...base, size: [150, 150], firstIndex: 1 }));
  expect(alone.events.map(({ tokens }) => tokens)).toEqual(
    events.filter(({ first }) => first === 1).map(({ tokens }) => tokens),
  );
  const other = await all(pipe.generateLarge({ ...base, size: [150, 150], seed: 4 }));
  expect(other.events.at(-1)!.tokens).not.toEqual(events.at(-1)!.tokens);
});

test("up to twice the window's side it is one drawing, and options are checked", async () => {
  const small = await all(pipe.generateLarge({ ...base, size: [48, 32], window: undefined }));
  expect(small.events.at(-1)!.windows).toBe(1);
  await expect(all(pipe.generateLarge({ ...base, size: [0, 32] }))).rejects.toThrow(
    /size: expected whole sides from 1/,
  );
  await expect(all(pipe.generateLarge({ ...base, size: [300, 300], count: 3, bestOf: 2 }))).rejects.toThrow(/bestOf/);
  const stopped = pipe.generateLarge({ ...base, size: [300, 300], signal: AbortSignal.abort(new Error("enough")) });
  await expect(all(stopped)).rejects.toThrow("enough");
});

describe("windows on one grid", () => {
  const V = 5;
  const filter = { topK: 0, topP: 0.9, temperature: 1 };
  const random = createRandom(7);
  const normal = (length: number) => Float32Array.from({ length }, () => random.normal());

  test("one window draws what its rows alone would", () => {
    const logits = normal(6 * V);
    const tokens = new Int32Array(6);
    const windows = { side: [2, 3] as const, lefts: [0], rows: [{ top: 0, logits }] };
    drawRows(tokens, { fromRow: 0, toRow: 2, columns: 3 }, windows, new RowSampler(V), filter, createRandom(1));
    const own = createRandom(1);
    const sampler = new RowSampler(V);
    expect([...tokens]).toEqual(
      Array.from({ length: 6 }, (_, i) => sampler.sample(logits, i * V, filter, own.uniform())),
    );
  });

  test("a cell that several windows see is drawn from their weighted mean", () => {
    // 4x4 cells, windows of 3x3 at the four corners.
    const side = [3, 3] as const;
    const begins = [0, 1];
    const rows = begins.map((top) => ({ top, logits: normal(2 * 9 * V) }));
    const tokens = new Int32Array(16);
    const windows = { side, lefts: begins, rows };
    drawRows(tokens, { fromRow: 0, toRow: 4, columns: 4 }, windows, new RowSampler(V), filter, createRandom(2));
    const own = createRandom(2);
    const sampler = new RowSampler(V);
    const weight = (i: number): number => [0.5, 1.5, 0.5][i]!;
    for (let y = 0; y < 4; y++)
      for (let x = 0; x < 4; x++) {
        const mean = new Float64Array(V);
        let total = 0;
        for (const { top, logits } of rows)
          for (const [j, left] of begins.entries()) {
            const [dy, dx] = [y - top, x - left];
            if (dy < 0 || dy > 2 || dx < 0 || dx > 2) continue;
            const share = weight(dy) * weight(dx);
            total += share;
            for (let v = 0; v < V; v++) mean[v]! += share * logits[(j * 9 + dy * 3 + dx) * V + v]!;
          }
        const row = Float32Array.from(mean, (value) => value / total);
        expect(tokens[y * 4 + x]).toBe(sampler.sample(row, 0, filter, own.uniform()));
      }
  });

  test("a window's part is cut out row by row", () => {
    const tokens = Int32Array.from({ length: 20 }, (_, i) => i);
    expect([...windowPart(tokens, 5, [2, 3], 1, 2)]).toEqual([7, 8, 9, 12, 13, 14]);
  });
});
