import { expect, test } from "vitest";
import { styleWeights } from "./style.ts";

const styles = ["noto", "fluent", "Fluent flat", "a:1"];

test.each([
  ["none", []],
  ["auto", []],
  ["noto", [1, 0, 0, 0]],
  [" fluent-flat ", [0, 0, 1, 0]],
  ["noto:0.6, fluent:.4", [0.6, 0.4, 0, 0]],
  ["noto,fluent", [1, 1, 0, 0]],
  ["a:1", [0, 0, 0, 1]],
  ["a:1:0.5", [0, 0, 0, 0.5]],
])("%s", (text, weights) => expect(styleWeights(text, styles)).toEqual(weights));

test.each(["twemoji", "noto:0", "noto:11", "noto:x", "noto:", "noto,,fluent", "", ":1"])("%s is refused", (text) =>
  expect(() => styleWeights(text, styles)).toThrow(/^style: expected none or styles of the model.*noto, fluent/),
);

test("a model without styles says so", () =>
  expect(() => styleWeights("vivid", [])).toThrow('style: expected none, for the model has one style, got "vivid"'));
