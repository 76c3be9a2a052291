import { expect, test } from "vitest";
import { nearLabels } from "./near-names.ts";

test("near labels: those that contain the name, then the closest", () => {
  expect(nearLabels("cat", ["dog", "cot", "tiger cat"])).toEqual(["tiger cat", "cot"]);
});
