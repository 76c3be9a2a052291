import { FlexVAR } from "flexvar";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { importGolden, scratchFolder } from "../../test/support/golden.ts";
import { guessGrids, guessRounds, likelyClasses } from "./guess.ts";
import { scoreClasses } from "./likelihood.ts";

const scratch = await scratchFolder();
let pipe: FlexVAR;

beforeAll(async () => {
  pipe = await FlexVAR.fromPretrained(await importGolden(scratch.path, "FlexVAR-T-plain-f16.pth"));
});
afterAll(async () => {
  await pipe.dispose();
  await scratch.remove();
});

describe("guessRounds", () => {
  test("a quarter goes on to each grid more, the finalists to all", () => {
    expect(guessRounds(1371, 7, 24)).toEqual([
      { classes: 1371, grids: 1 },
      { classes: 343, grids: 2 },
      { classes: 86, grids: 3 },
      { classes: 24, grids: 7 },
    ]);
    expect(guessRounds(47, 7, 24)).toEqual([
      { classes: 47, grids: 1 },
      { classes: 24, grids: 7 },
    ]);
    expect(guessRounds(10, 7, 24)).toEqual([{ classes: 10, grids: 7 }]);
    expect(guessRounds(1371, 2, 24)).toEqual([
      { classes: 1371, grids: 1 },
      { classes: 343, grids: 2 },
    ]);
  });
});

/** Left half of one colour, right half of another. */
const side = 64;
const picture = {
  width: side,
  height: side,
  data: Uint8Array.from({ length: 3 * side * side }, (_, i) => (i % (3 * side) < 1.5 * side ? 200 : 40 + (i % 3) * 60)),
};
const scored = (classIds: readonly number[], count: number, hole?: Uint8Array) => {
  const grids = guessGrids(picture, pipe.factor, pipe.config.trainedSide).slice(0, count);
  return scoreClasses(pipe, { image: picture, classIds, grids, hole });
};
const best = (scores: Awaited<ReturnType<typeof scored>>, most: number) =>
  [...scores]
    .sort((a, b) => b.logLikelihood - a.logLikelihood)
    .slice(0, most)
    .map(({ classId }) => classId);

test("each round keeps the likeliest, and the last ranks them over all grids", async () => {
  const every = Array.from({ length: 10 }, (_, id) => id);
  const total = guessGrids(picture, pipe.factor, pipe.config.trainedSide).length;
  expect(total).toBeGreaterThan(2);
  const kept = best(await scored(every, 1), 3);
  const view = { picture, hole: new Uint8Array(side * side) };
  expect(await likelyClasses(pipe, view, { most: 3 })).toEqual(best(await scored(kept, total), 3));
  expect(await likelyClasses(pipe, view)).toEqual(best(await scored(every, total), 10));
});

test("a round of whose tokens none is kept tells nothing", async () => {
  // Three quarters are repainted: the one token of the first grid does not count.
  const hole = Uint8Array.from({ length: side * side }, (_, i) => Number(i % side >= side / 4));
  const first = await scored([0, 1], 1, hole);
  expect(first.map(({ bitsPerToken }) => bitsPerToken)).toEqual([0, 0]);
  const guessed = await likelyClasses(pipe, { picture, hole }, { most: 3 });
  const every = Array.from({ length: 10 }, (_, id) => id);
  const total = guessGrids(picture, pipe.factor, pipe.config.trainedSide).length;
  expect(guessed[0]).toBe(best(await scored(every, total, hole), 1)[0]);
});
