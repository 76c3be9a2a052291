import { describe, expect, it } from "vitest";
import { createRandom, type Random } from "../sampling/index.ts";
import { createCodebookState, updateCodebook } from "./codebook.ts";

const average = { update: "average", decay: 0.5, deadAfter: 9, revivePerStep: 1 } as const;
const close = (got: Float32Array, expected: readonly number[]) => {
  expect(got).toHaveLength(expected.length);
  expected.forEach((value, i) => {
    expect(got[i]).toBeCloseTo(value, 6);
  });
};

it("codes start at unit length, one of zeros stays", () => {
  const codes = Float32Array.of(3, 4, 0, 0);
  const state = createCodebookState(codes, 2);
  close(codes, [0.6, 0.8, 0, 0]);
  close(state.sums, [0.6, 0.8, 0, 0]);
  expect([[...state.counts], [...state.lastUsed]]).toEqual([
    [1, 1],
    [0, 0],
  ]);
});

describe("a step", () => {
  const scales = [
    { rows: Float32Array.of(0, 1, 0.6, 0.8), tokens: Int32Array.of(0, 2) },
    { rows: Float32Array.of(0, -1), tokens: Int32Array.of(2) },
  ];
  const start = () => {
    const codes = Float32Array.of(1, 0, 0, 1, -1, 0);
    const state = createCodebookState(codes, 3);
    codes.set([0.8, 0.6], 2);
    return { codes, state };
  };

  it("moves counts and sums by decay; codes that were chosen follow their sums, the others stay", () => {
    const { codes, state } = start();
    expect(updateCodebook(codes, state, scales, 4, average, createRandom(1))).toEqual([]);
    close(state.counts, [0.5 + 0.5, 0.5, 0.5 + 2 * 0.5]);
    close(state.sums, [0.5, 0.5, 0, 0.5, -0.2, -0.1]);
    close(codes, [Math.SQRT1_2, Math.SQRT1_2, 0.8, 0.6, -2 / Math.sqrt(5), -1 / Math.sqrt(5)]);
    expect([...state.lastUsed]).toEqual([4, 0, 4]);
  });

  it("only notes what was chosen where codes are trained by gradients", () => {
    const { codes, state } = start();
    const before = [codes, state.counts, state.sums].map((values) => [...values]);
    updateCodebook(codes, state, scales, 4, { ...average, update: "gradient" }, createRandom(1));
    expect([codes, state.counts, state.sums].map((values) => [...values])).toEqual(before);
    expect([...state.lastUsed]).toEqual([4, 0, 4]);
  });
});

describe("dead codes", () => {
  const scales = [
    { rows: Float32Array.of(0, -2), tokens: Int32Array.of(1) },
    { rows: Float32Array.of(9, 9, 3, 4), tokens: Int32Array.of(1, 1) },
  ];
  /** Draws the given numbers, and shuffles by turning round. */
  const given = (numbers: readonly number[], asked: number[]): Random => ({
    ...createRandom(1),
    int: (n) => numbers[asked.push(n) - 1]!,
    shuffle: (items) => items.reverse(),
  });
  const revive = (revivePerStep: number, numbers: readonly number[]) => {
    const codes = Float32Array.of(1, 0, 0, 1, 1, 0, 0, 1);
    const state = createCodebookState(codes, 4);
    state.counts.fill(0.25);
    const asked: number[] = [];
    const options = { ...average, update: "gradient", deadAfter: 5, revivePerStep } as const;
    const revived = updateCodebook(codes, state, scales, 5, options, given(numbers, asked));
    return { codes, state, asked, revived };
  };

  it("take a vector of a scale at random, some of them where too many are dead", () => {
    const { codes, state, asked, revived } = revive(2, [1, 1, 0, 0]);
    expect(revived).toEqual([3, 2]);
    expect(asked).toEqual([2, 2, 2, 1]);
    close(codes, [1, 0, 0, 1, 0, -1, 0.6, 0.8]);
    close(state.sums, [1, 0, 0, 1, 0, -2, 3, 4]);
    expect([...state.counts]).toEqual([0.25, 0.25, 1, 1]);
    expect([...state.lastUsed]).toEqual([0, 5, 5, 5]);
  });

  it("are all replaced, in their order, where the step allows as many", () => {
    expect(revive(3, [0, 0, 0, 0, 0, 0]).revived).toEqual([0, 2, 3]);
  });
});
