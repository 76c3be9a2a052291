/** Options by scale: each scale is drawn as a run of its own options draws it, and rows without a class end where guidance does. */
import { FlexVAR, type GenerateOptions } from "flexvar";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { importGolden, scratchFolder } from "../../test/support/golden.ts";
import { pictureRow, sampleScales } from "./sample.ts";

const scratch = await scratchFolder();
let pipe: FlexVAR;

beforeAll(async () => {
  pipe = await FlexVAR.fromPretrained(await importGolden(scratch.path, "FlexVAR-T-plain-f16.pth"));
});

afterAll(async () => {
  await pipe.dispose();
  await scratch.remove();
});

const base: GenerateOptions = {
  classLabels: [3, 1],
  count: 2,
  scales: "1,2,3,4",
  greedy: "none",
  seed: 5,
  guidanceMode: "constant",
};

interface Scale {
  readonly tokens: Int32Array;
  readonly logits: Float32Array;
}

async function run(options: Partial<GenerateOptions>): Promise<Scale[]> {
  const scales: Scale[] = [];
  for await (const { tokens, logits } of pipe.generate({ ...base, ...options })) scales.push({ tokens, logits });
  return scales;
}

/** Scale after scale, the earlier ones' tokens put in place, each with options of its own. */
async function spliced(each: readonly Partial<GenerateOptions>[]): Promise<Scale[]> {
  const done: Scale[] = [];
  for (const [at, options] of each.entries()) {
    const { picks: _, ...resolved } = pipe.resolve({ ...base, ...options });
    const rows = [3, 3, 1, 1].map((classId, i) => pictureRow(5, { classId, indexWithinClass: i % 2 }));
    const force = rows.map((_, row) =>
      done.map(({ tokens }) => {
        const l = tokens.length / rows.length;
        return { tokens: tokens.subarray(row * l, (row + 1) * l), forced: new Uint8Array(l).fill(1) };
      }),
    );
    for await (const { index, tokens, logits } of sampleScales(pipe.networks, { ...resolved, rows, force }))
      if (index === at) {
        done.push({ tokens, logits });
        break;
      }
  }
  return done;
}

const tokensOf = (scales: readonly Scale[]) => scales.map(({ tokens }) => [...tokens]);

function expectNear(got: readonly Scale[], wanted: readonly Scale[]): void {
  expect(tokensOf(got)).toEqual(tokensOf(wanted));
  for (const [i, { logits }] of got.entries()) {
    const far = logits.reduce((most, value, at) => Math.max(most, Math.abs(value - wanted[i]!.logits[at]!)), 0);
    expect(far).toBeLessThan(1e-4);
  }
}

test("lists and from..to draw each scale as a run with that value does", async () => {
  const lists = {
    guidance: [3, 2, 1.5, 2.5],
    topK: [9, 20, 64, 5],
    topP: [0.5, 0.9, 1, 0.8],
    temperature: { from: 1.6, to: 0.4 },
  };
  const one = (i: number) => ({
    guidance: lists.guidance[i]!,
    topK: lists.topK[i]!,
    topP: lists.topP[i]!,
    temperature: [1.6, 1.2, 0.8, 0.4][i]!,
  });
  const wanted = await spliced([one(0), one(1), one(2), one(3)]);
  expectNear(await run(lists), wanted);
  expectNear(await run({ ...lists, guidance: "3,2,1.5,2.5", topP: "0.5,0.9,1,0.8", temperature: "1.6..0.4" }), wanted);
  expect(tokensOf(await run(one(0)))).not.toEqual(tokensOf(wanted));
});

test("one value in every form draws the same tokens", async () => {
  const plain = tokensOf(await run({ guidance: 2, topK: 20, topP: 0.9, temperature: 0.8 }));
  const same = { guidance: [2], topK: { from: 20, to: 20 }, topP: [0.9, 0.9], temperature: "0.8..0.8" };
  expect(tokensOf(await run(same))).toEqual(plain);
});

/** Rows of every step: those of its first input. */
async function rowsOf(
  options: Partial<GenerateOptions>,
): Promise<{ rows: number[]; past: number[]; fetched: string[][] }> {
  const seen = { rows: [] as number[], past: [] as number[], fetched: [] as string[][] };
  const { step } = pipe.networks;
  const spy = vi.spyOn(pipe.networks, "step").mockImplementation(async (guided) => {
    const session = await step(guided);
    return {
      ...session,
      run: async (feeds, fetches) => {
        seen.rows.push(feeds.x!.dims[0]!);
        seen.past.push(feeds.k_0!.dims[0]!);
        const outputs = await session.run(feeds, fetches);
        seen.fetched.push(Object.keys(outputs));
        return outputs;
      },
    };
  });
  try {
    await run(options);
  } finally {
    spy.mockRestore();
  }
  return seen;
}

test("rows without a class are computed up to the last guided scale", async () => {
  const { rows, past, fetched } = await rowsOf({ guidance: 3, guidanceUntil: 3 });
  expect([rows, past]).toEqual([
    [8, 8, 4, 4],
    [8, 8, 4, 4],
  ]);
  expect(fetched.at(-1)).toEqual(["logits"]);
  expect((await rowsOf({ guidance: 3 })).rows).toEqual([8, 8, 8, 8]);
  expect((await rowsOf({ guidance: 3, guidanceUntil: 1 })).rows).toEqual([4, 4, 4, 4]);
  expect((await rowsOf({ guidance: [3, 3, 3, 1] })).rows).toEqual([8, 8, 8, 4]);
  expect((await rowsOf({ guidance: "3,2,0", guidanceMode: "ramp" })).rows).toEqual([8, 8, 4, 4]);
  // Off, then on again: the rows are kept for the later scale.
  expect((await rowsOf({ guidance: [3, 1, 3, 1] })).rows).toEqual([8, 8, 8, 4]);
});

test("scales without guidance are drawn as plain conditional ones", async () => {
  const off = await run({ guidance: 3, guidanceUntil: 3 });
  expectNear(off, await spliced([{ guidance: 3 }, { guidance: 3 }, { guidance: 1 }, { guidance: 1 }]));
  expectNear(await run({ guidance: [3, 1, 3, 1] }), await spliced([3, 1, 3, 1].map((guidance) => ({ guidance }))));
  expectNear(await run({ guidance: 3, guidanceUntil: 1 }), await run({ guidance: 1 }));
  expectNear(await run({ guidance: 3, guidanceUntil: "none" }), await run({ guidance: 3 }));
  const forbid = [...Array(30).keys()];
  for (const tokens of tokensOf(await run({ guidance: 3, guidanceUntil: 3, forbid, topK: 0, topP: 0 })))
    expect(Math.min(...tokens)).toBeGreaterThanOrEqual(30);
});

test("rectangles and greedy from a grid on go by the base size", () => {
  const wide = pipe.resolve({ classLabels: [0], size: [256, 128], guidance: 3, guidanceUntil: 13, greedy: "10+" });
  const { baseSizes } = wide.plan;
  expect(baseSizes.filter((_, i) => wide.guidanceWeights[i]!.b === 0 && i > 0)).toEqual(
    baseSizes.filter((s) => s >= 13),
  );
  expect(baseSizes.filter((_, i) => wide.greedySteps[i])).toEqual(baseSizes.filter((s) => s >= 10));
});
