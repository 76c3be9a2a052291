import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { imagenetLabels } from "./imagenet.ts";

test("there are 1000 names, all different even without regard to case", () => {
  expect(imagenetLabels).toHaveLength(1000);
  expect(new Set(imagenetLabels.map((name) => name.toLowerCase())).size).toBe(1000);
  expect(imagenetLabels.filter((name) => name.trim() !== name || name === "")).toEqual([]);
});

// Released models are trained on these ids: a name that moves by one place would draw another class.
test("no name has changed or moved", () => {
  const digest = createHash("sha256").update(imagenetLabels.join("\n")).digest("hex");
  expect(digest).toBe("f55e447ba1729dc06e6708626de08465803465b860bed66ff2fb7431fa8513a9");
});

test.each([
  [0, "tench"],
  [7, "rooster"],
  [88, "macaw"],
  [100, "black swan"],
  [134, "crane (bird)"],
  [151, "Chihuahua"],
  [207, "golden retriever"],
  [268, "Mexican hairless"],
  [281, "tabby cat"],
  [292, "tiger"],
  [323, "monarch butterfly"],
  [388, "giant panda"],
  [397, "pufferfish"],
  [398, "abacus"],
  [417, "balloon"],
  [517, "crane (machine)"],
  [555, "fire engine"],
  [609, "jeep"],
  [638, "maillot"],
  [700, "paper towel"],
  [779, "school bus"],
  [817, "sports car"],
  [850, "teddy bear"],
  [920, "traffic light"],
  [933, "cheeseburger"],
  [963, "pizza"],
  [980, "volcano"],
  [999, "toilet tissue"],
])("class %i is %s", (index, name) => {
  expect(imagenetLabels[index]).toBe(name);
});
