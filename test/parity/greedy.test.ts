/** Every greedy run of the golden data, through what users call: import, open, generate. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { FlexVAR, type GenerateOptions, type ScaleEvent } from "../../src/index.ts";
import { formatGrid, formatScales, type Grid, gridTokens } from "../../src/sampling/index.ts";
import { FORWARD_BAR, Golden, importGolden, scratchFolder } from "../support/golden.ts";
import { gridsOf } from "../support/teacher-forcing.ts";

const square = await Golden.open("ar_greedy.npz");
const rectangles = await Golden.open("ar_nonsquare_own_extension.npz");
const variant = await Golden.open("variant_shared_aln.npz", /^s4_/);
const folder = await scratchFolder();
afterAll(() => folder.remove());

type Settings = Pick<GenerateOptions, "guidance" | "guidanceMode" | "maxGrid" | "forbid">;
const ramp = (guidance: number): Settings => ({ guidance, guidanceMode: "ramp" });
const constant = (guidance: number): Settings => ({ guidance, guidanceMode: "constant" });
const [s4, mid] = [gridsOf("1_2_3_4"), gridsOf("1_2_4_6_8")];
const [odd, long] = [gridsOf("1_3_5_7"), gridsOf("1_2_3_4_5_6_7_8_9_10_11")];
const ns0: Grid[] = [
  [1, 1],
  [2, 3],
  [4, 6],
];
const ns1: Grid[] = [
  [1, 1],
  [2, 1],
  [3, 2],
  [6, 4],
];

type Run = readonly [name: string, golden: Golden, grids: readonly Grid[], settings: Settings];
const runs: readonly Run[] = [
  ["s4_var15", square, s4, ramp(1.5)],
  ["s4_llama4", square, s4, constant(4)],
  ["s4_invalid", square, s4, { ...ramp(1.5), forbid: [53, 52, 42] }],
  ["mid_var25", square, mid, ramp(2.5)],
  ["mid_llama25", square, mid, constant(2.5)],
  ["mid_var15_maxpn4", square, mid, { ...ramp(1.5), maxGrid: 4 }],
  ["odd_var15", square, odd, ramp(1.5)],
  ["long_var15", square, long, ramp(1.5)],
  ["long_llama2", square, long, constant(2)],
  ["ns0_var15", rectangles, ns0, ramp(1.5)],
  ["ns0_llama3", rectangles, ns0, constant(3)],
  ["ns1_var15", rectangles, ns1, ramp(1.5)],
  ["ns1_llama3", rectangles, ns1, constant(3)],
];
const variantRuns: readonly Run[] = [["s4_var15", variant, s4, ramp(1.5)]];

/** Scale after scale, [B, l, …] each with `width` numbers a token, as one [B, L, …]. */
function concatenated(parts: readonly ArrayLike<number>[], grids: readonly Grid[], B: number, width: number): number[] {
  const out: number[] = [];
  for (let b = 0; b < B; b++)
    parts.forEach((part, i) => {
      const size = gridTokens(grids[i]!) * width;
      for (let at = b * size; at < (b + 1) * size; at++) out.push(part[at]!);
    });
  return out;
}

async function check(pipe: FlexVAR, [name, golden, grids, settings]: Run): Promise<void> {
  const events: ScaleEvent[] = [];
  const options: GenerateOptions = {
    classLabels: [0, 3],
    scales: formatScales(grids),
    greedy: grids.map((grid) => (grid[0] === grid[1] ? formatGrid(grid) : `${grid[0]}x${grid[1]}`)).join(","),
    ...settings,
  };
  for await (const event of pipe.generate(options)) events.push(event);
  expect(events.map((event) => event.grid)).toEqual(grids);
  const V = pipe.config.tokenizer.codebookSize;
  const tokens = events.map((event) => event.tokens);
  golden.same(`${name}.tokens`, concatenated(tokens, grids, 2, 1));
  if (golden.names.includes(`${name}.logits`)) {
    const logits = events.map((event) => event.logits);
    golden.close(`${name}.logits`, concatenated(logits, grids, 2, V), FORWARD_BAR);
  }
  const { data, height, width } = await events.at(-1)!.decoded();
  const everyFourth = (_: number, i: number): boolean =>
    (i % width) % 4 === 0 && (Math.floor(i / width) % height) % 4 === 0;
  const stored: Record<string, () => Float32Array> = {
    image: () => data,
    image0: () => data.subarray(0, 3 * height * width),
    image_s4: () => data.filter(everyFourth),
  };
  for (const [key, part] of Object.entries(stored))
    if (golden.names.includes(`${name}.${key}`)) golden.close(`${name}.${key}`, part(), FORWARD_BAR);
}

describe.each([
  { file: "FlexVAR-T-plain-f16.pth", lowMemory: false, list: runs },
  { file: "FlexVAR-T-plain-f16.pth", lowMemory: true, list: runs },
  { file: "FlexVAR-T-trainer.pth", lowMemory: false, list: runs },
  { file: "FlexVAR-T-trainer.pth", lowMemory: true, list: runs },
  { file: "FlexVAR-variant-plain-f16.pth", lowMemory: false, list: variantRuns },
  { file: "FlexVAR-variant-plain-f16.pth", lowMemory: true, list: variantRuns },
])("$file, low memory: $lowMemory", async ({ file, lowMemory, list }) => {
  const model = await importGolden(await subfolder(`${lowMemory}`), file);
  const pipe = await FlexVAR.fromPretrained(model, { lowMemory });
  afterAll(() => pipe.dispose());

  test.each(list.map((run): [string, Run] => [run[0], run]))("%s", (_, run) => check(pipe, run));
});

async function subfolder(name: string): Promise<string> {
  const path = join(folder.path, name);
  await mkdir(path, { recursive: true });
  return path;
}

test("no array is left out", () => {
  const information = [[/\.mingap$/, "how near a second token was: nothing that is computed here"]] as const;
  square.expectCovered(information);
  rectangles.expectCovered(information);
  variant.expectCovered();
});
