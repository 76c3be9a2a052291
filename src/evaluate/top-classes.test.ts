import { describe, expect, it } from "vitest";
import { joinTops, matchGroups, topClasses, topScores } from "./class-scores.ts";
import { topOfRows } from "./index.ts";

describe("topOfRows", () => {
  it("gives the largest first, of equal ones the first, and no more than there are", () => {
    const values = Float32Array.of(1, 5, 3, 5, 2, 9, 8, 7, 6, 5);
    expect([...topOfRows(values, 2, 3)]).toEqual([1, 3, 2, 0, 1, 2]);
    expect([...topOfRows(values, 5, 5)]).toEqual([1, 0, 1, 0, 1, 0, 0, 1, 0, 1]);
    expect([...topOfRows(Float32Array.of(-3, -1, -2), 1, 2)]).toEqual([1, 2]);
  });

  it("is a full sort's beginning", () => {
    const values = Float32Array.from({ length: 60 }, (_, i) => (i * 37) % 23);
    const sorted = [...values.keys()].sort((a, b) => values[b]! - values[a]! || a - b);
    expect([...topOfRows(values, 1, 7)]).toEqual(sorted.slice(0, 7));
  });
});

const labels = ["cat", "dog", "oak", "rose", "car", "bus", "heart"];
const groups = [
  { name: "animal", members: [0, 1] },
  { name: "plant", members: [2, 3] },
  { name: "vehicle", members: [4, 5] },
];

describe("topClasses", () => {
  it("takes a group for as likely as its members together", () => {
    // The car alone is likelier than either animal, and less likely than both.
    const logits = [Math.log(3), Math.log(3), 0, -9, Math.log(4), -9, -9];
    const { classes, groups: found } = topClasses(Float32Array.from(logits), 1, groups);
    expect([...classes]).toEqual([4, 0, 1, 2, 3]);
    expect([...found!]).toEqual([0, 2, 1]);
    expect(topClasses(Float32Array.from(logits), 1, []).groups).toBeUndefined();
    // Scores that would overflow say the same.
    const high = topClasses(
      Float32Array.from(logits, (value) => value + 800),
      1,
      groups,
    );
    expect([...high.groups!]).toEqual([0, 2, 1]);
  });
});

it("finds the groups of names, of numbers and of groups' own names", () => {
  expect(matchGroups(["dog", "bus", "heart", "plant"], labels, groups)).toEqual([[0], [2], [], [1]]);
  expect(matchGroups(["0", "3"], labels, groups)).toEqual([[0], [1]]);
});

describe("topScores", () => {
  /** Six scores at the places given, the likeliest first. */
  const ranked = (...order: number[]): Float32Array => {
    const row = new Float32Array(labels.length).fill(-50);
    order.forEach((at, place) => {
      row[at] = -5 * place;
    });
    return row;
  };
  const classes = ["cat", "heart", "rose"];
  const given = [
    [0, ranked(0, 1, 2, 3, 4)],
    [0, ranked(4, 1, 0, 2, 3)],
    [2, ranked(4, 5, 0, 1, 6)],
    [1, ranked(4, 5, 0, 1, 6)],
  ] as const;
  const top = joinTops(given.map(([, row]) => topClasses(row, 1, groups)))!;
  const side = { classes, labelOf: (i: number) => given[i]![0], top };

  it("counts a class among five and the groups of those that have one", () => {
    const found = topScores(side, { labels, groups });
    // The rose is sixth or later; the heart is fifth.
    expect(found.top5_accuracy!.value).toBe(3 / 4);
    // The heart is in no group. Cat, cat and rose: animal, vehicle, vehicle.
    expect(found.group_accuracy!.value).toBeCloseTo(1 / 3, 12);
    expect(found.group_top5_accuracy!.value).toBe(1);
    const [low, high] = found.top5_accuracy!.interval!;
    expect([low < 0.75, high > 0.75]).toEqual([true, true]);
  });

  it("says why there are none", () => {
    const why = (...args: Parameters<typeof topScores>) =>
      Object.values(topScores(...args)).map((score) => score!.missing);
    expect(why(side, {})[0]).toBe("the features name no classes");
    expect(why({ ...side, classes: ["all"] }, { labels, groups })[0]).toBe("the pictures have no labels");
    expect(why({ ...side, top: undefined }, { labels, groups })[2]).toMatch(/statistics only/);
    expect(why(side, { labels })).toEqual([undefined, ...Array(2).fill("the features have no groups of classes")]);
    const strange = { ...side, classes: ["x", "y", "z"] };
    expect(why(strange, { labels, groups })).toEqual([
      expect.stringContaining('got "x"'),
      ...Array(2).fill("the pictures' classes are in none of the features' groups"),
    ]);
  });
});
