/** Products in integers against the golden logits: the error of every scale under the golden tokens, printed and bounded. */
import { afterAll, expect, test } from "vitest";
import { FlexVAR } from "../../src/index.ts";
import { openRun } from "../../src/pipelines/index.ts";
import { formatScales, gridTokens } from "../../src/sampling/index.ts";
import { importGolden, scratchFolder } from "../support/golden.ts";
import { floats, goldenNpz, integers } from "../support/golden-npz.ts";
import { gridsOf } from "../support/teacher-forcing.ts";

/**
 * Largest difference of a logit over the largest magnitude of the run's golden logits, at any scale, and the share of the run's tokens whose
 * likeliest code stays. The golden networks are random and 128 wide: trained ones err less.
 */
const ERROR_BAR = 0.1;
const SAME_BAR = 0.9;

const scratch = await scratchFolder();
afterAll(() => scratch.remove());
const golden = await goldenNpz("ar_greedy.npz");
const pipe = await FlexVAR.fromPretrained(await importGolden(scratch.path, "FlexVAR-T-plain-f16.pth"), {
  dtype: "int8",
});
afterAll(() => pipe.dispose());

const likeliest = (logits: readonly number[]): number => logits.indexOf(Math.max(...logits));

test.each([
  ["s4_var15", "1_2_3_4", 1.5],
  ["mid_var25", "1_2_4_6_8", 2.5],
])("%s", async (name, list, guidance) => {
  const grids = gridsOf(list);
  const { guidanceWeights } = pipe.resolve({
    classLabels: [0, 3],
    scales: formatScales(grids),
    guidance,
    guidanceMode: "ramp",
  });
  const [tokens, logits] = [integers(golden, `${name}.tokens`), Array.from(floats(golden, `${name}.logits`))];
  const [L, V] = [tokens.length / 2, logits.length / tokens.length];
  const largest = logits.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const conditions = [0, 3].map((id) => [{ id, weight: 1 }]);
  const run = await openRun(pipe.networks, { conditions, grids, guidanceWeights });
  let [begin, sameTokens] = [0, 0];
  let before: Int32Array | undefined;
  for (const grid of grids) {
    const end = begin + gridTokens(grid);
    const ofScale = (values: readonly number[], width: number): number[] =>
      [0, 1].flatMap((row) => values.slice((row * L + begin) * width, (row * L + end) * width));
    const ours = Array.from(await run.next(before));
    const wanted = ofScale(logits, V);
    const error = ours.reduce((most, value, i) => Math.max(most, Math.abs(value - wanted[i]!)), 0) / largest;
    const rows = Array.from({ length: wanted.length / V }, (_, i) => [i * V, (i + 1) * V] as const);
    const same = rows.filter(([from, to]) => likeliest(ours.slice(from, to)) === likeliest(wanted.slice(from, to)));
    console.log(
      `${name} ${grid.join("x")}: error ${error.toExponential(1)}, same likeliest code ${same.length}/${rows.length}`,
    );
    expect(error, `${grid}`).toBeLessThanOrEqual(ERROR_BAR);
    sameTokens += same.length;
    before = Int32Array.from(ofScale(tokens, 1));
    begin = end;
  }
  run.dispose();
  expect(sameTokens / tokens.length).toBeGreaterThanOrEqual(SAME_BAR);
});
