import { expect, test } from "vitest";
import { classPicksOf } from "../pretrained/index.ts";
import { askedFor, picturesOf } from "./pictures.ts";

const names = { id2label: ["a", "b", "c"], groups: { all: ["a", "b", "c"] } };

test("a class, a mix whose heaviest is that class, and its group are asked for apart, each counting by itself", () => {
  const picks = classPicksOf(["b", "a:0.4,b:0.6", "all", "b"], names, 3);
  const pictures = picturesOf(names, { seed: 3, count: 1 }, picks);
  expect(pictures.map(({ label, indexWithinClass }) => [label, indexWithinClass])).toEqual([
    ["b", 0],
    ["a:0.4,b:0.6", 0],
    [expect.any(String), 0],
    ["b", 1],
  ]);
  expect(pictures.map(askedFor)).toEqual(["#1", "#0:0.4,#1:0.6", "group all", "#1"]);
});
