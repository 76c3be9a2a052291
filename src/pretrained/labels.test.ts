import { describe, expect, test } from "vitest";
import { classIdsOf, nearLabels } from "./labels.ts";

const labels = ["golden retriever", "crane", "tiger cat", "Crane", "7"];

describe("classIdsOf", () => {
  test("takes ids, names and ids as text, repeats included", () => {
    expect(classIdsOf([4, "Golden_Retriever", "2", " tiger-cat "], labels, 8)).toEqual([4, 0, 2, 2]);
  });

  test("a label that is a number wins over the id", () => expect(classIdsOf(["7"], labels, 8)).toEqual([4]));

  test("a name of several classes is refused with their ids", () => {
    expect(() => classIdsOf(["CRANE"], labels, 8)).toThrow(
      'class: expected the name of one class, got "CRANE", which is 1 and 3',
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

test("near labels: those that contain the name, then the closest", () => {
  expect(nearLabels("cat", ["dog", "cot", "tiger cat"])).toEqual(["tiger cat", "cot"]);
});
