import { describe, expect, test } from "vitest";
import { classPicksOf, formatMix, classIdsOf as idsOf, memberOf } from "./labels.ts";

const labels = ["golden retriever", "crane", "tiger cat", "Crane", "7"];

const classIdsOf = (given: readonly (number | string)[], id2label: readonly string[], numClasses: number) =>
  idsOf(given, { id2label }, numClasses);

describe("classIdsOf", () => {
  test("takes ids, names and ids as text, repeats included", () => {
    expect(classIdsOf([4, "Golden_Retriever", "2", " tiger-cat "], labels, 8)).toEqual([4, 0, 2, 2]);
  });

  test("a label that is a number wins over the id", () => expect(classIdsOf(["7"], labels, 8)).toEqual([4]));

  test("folders 1 to 12: a text is the name, a number the id, #3 the id, quotes the name", () => {
    const months = Array.from({ length: 12 }, (_, i) => String(i + 1));
    expect(classIdsOf(["2", 2, "#2", '"2"', "0", "12"], months, 12)).toEqual([1, 2, 2, 1, 0, 11]);
    expect(() => classIdsOf(['"0"'], months, 12)).toThrow('expected a class of the model, got ""0""');
    expect(() => classIdsOf(["#12"], months, 12)).toThrow("expected an id from 0 to 11, got #12");
  });

  test("names compare composed, and the exact one wins", () => {
    expect(classIdsOf(["cafe\u0301", "Crane", "crane"], ["caf\u00e9", ...labels], 8)).toEqual([0, 4, 2]);
    expect(classIdsOf(['"quoted"', '"none"'], ['"quoted"', "none"], 2)).toEqual([0, 1]);
  });

  test("a name of several classes is refused with their ids", () => {
    expect(() => classIdsOf(["CRANE"], labels, 8)).toThrow(
      'classLabels: expected the name of one class, got "CRANE", which is 1 and 3',
    );
  });

  test.each([
    ["goldn retriever", /got "goldn retriever"; did you mean "golden retriever"/],
    ["xylophone", /got "xylophone"; see `flexvar classes`/],
    ["8", /expected an id from 0 to 7, got 8/],
    [-1, /expected an id from 0 to 7, got -1/],
    [1.5, /expected an id from 0 to 7, got 1.5/],
  ])("%s is refused", (given, message) => expect(() => classIdsOf([given], labels, 8)).toThrow(message));
});

describe("groups", () => {
  const names = {
    id2label: ["cat face", "dog face", "pizza", "fox"],
    groups: { "animal-face": ["fox", "cat face", "dog face"], pizza: ["pizza", "fox"] },
  };

  test("a class's name wins over a group's, and a group is all its members", () => {
    expect(classPicksOf(["pizza", "Animal Face", 3], names, 4)).toEqual([
      { ids: [2] },
      { group: "animal-face", ids: [3, 0, 1] },
      { ids: [3] },
    ]);
    expect(idsOf(["animal-face"], names, 4)).toEqual([3, 0, 1]);
  });

  test("a group is among the near names", () =>
    expect(() => idsOf(["animal-fac"], names, 4)).toThrow('did you mean "animal-face"'));

  test("every round draws each member once, the same whatever else is drawn", () => {
    const [pick] = classPicksOf(["animal-face"], names, 4);
    const drawn = Array.from({ length: 30 }, (_, i) => memberOf(pick!, 7, i));
    for (let round = 0; round < 10; round++)
      expect(drawn.slice(3 * round, 3 * round + 3).sort((a, b) => a - b)).toEqual([0, 1, 3]);
    expect(
      new Set(Array.from({ length: 10 }, (_, round) => drawn.slice(3 * round, 3 * round + 3).join())).size,
    ).toBeGreaterThan(2);
    expect(memberOf(pick!, 7, 29)).toBe(drawn[29]);
    expect(memberOf({ ids: [2] }, 7, 29)).toBe(2);
  });
});

describe("mixes", () => {
  const names = { id2label: ["cat face", "tiger face", "a:1", "x, y"], groups: { faces: ["cat face", "tiger face"] } };
  const mixesOf = (...given: string[]) => classPicksOf(given, names, 4);
  const mix = [
    { id: 0, weight: 0.4 },
    { id: 1, weight: 0.6 },
  ];

  test("weighted names between commas, in one text or as texts that follow each other", () => {
    expect(mixesOf("cat face:0.4,tiger face:0.6")).toEqual([{ ids: [1, 0], mix }]);
    expect(mixesOf("cat face:0.4", "TIGER-FACE:.6")).toEqual([{ ids: [1, 0], mix }]);
    expect(mixesOf("#0:0.4,#1:0.6")).toEqual([{ ids: [1, 0], mix }]);
    expect(mixesOf(formatMix(mix))).toEqual([{ ids: [1, 0], mix }]);
    expect(mixesOf("tiger face", "cat face:0.4", "tiger face:0.6", "0")).toEqual([
      { ids: [1] },
      { ids: [1, 0], mix },
      { ids: [0] },
    ]);
    expect(mixesOf("cat face:1,#1:1", "#2:1,#3:1").map(({ ids }) => ids)).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });

  test("whatever is taken is written so that it is read as the same", () => {
    for (const weight of ["0.000001", "0.1234567891234", "10", ".5", "3.10"]) {
      const [pick] = mixesOf(`cat face:${weight},tiger face:1`);
      expect(mixesOf(formatMix(pick!.mix!))).toEqual([pick]);
    }
    expect(() => mixesOf("cat face:0.0000001")).toThrow("expected weights from 0.000001 to 10");
    const many = Array.from({ length: 17 }, () => "#1:0.123456");
    expect(formatMix(mixesOf(...many.slice(1))[0]!.mix!).length).toBeLessThan(400);
    expect(() => mixesOf(...many)).toThrow("expected at most 16 classes in a mix, got 17");
    expect(() => mixesOf(many.join(","))).toThrow("expected at most 16 classes in a mix, got 17");
  });

  test("a name with a colon and a number, and one with a comma, stay names", () => {
    expect(mixesOf("a:1", "x, y")).toEqual([{ ids: [2] }, { ids: [3] }]);
    expect(mixesOf('a:1:2,"x, y":1')).toMatchObject([{ mix: [{ id: 2, weight: 2 }, { id: 3 }] }]);
  });

  test.each([
    ["cat fce:0.5,tiger face:0.5", /got "cat fce"; did you mean "cat face"/],
    ["cat face:0,tiger face:1", /expected weights from 0.000001 to 10, got "cat face:0,tiger face:1"/],
    ["cat face:11", /expected weights from 0.000001 to 10/],
    ["#9:1,#0:1", /expected an id from 0 to 3, got #9:1,#0:1/],
    ["faces:0.5,cat face:0.5", /expected classes in a mix, got the group "faces"/],
    ["cat face:0.5,tiger face", /expected a class of the model/],
  ])("%s is refused", (text, message) => expect(() => mixesOf(text)).toThrow(message));
});
