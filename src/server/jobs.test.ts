import { expect, test } from "vitest";
import { startPace } from "./jobs.ts";

test("a full queue says when it will be done, from how long jobs took lately", () => {
  const pace = startPace();
  expect(pace.wait(64)).toBe(1);
  for (let i = 0; i < 50; i++) pace.took(0.2);
  expect([pace.wait(1), pace.wait(64), pace.wait(10_000)]).toEqual([1, 13, 60]);
  for (let i = 0; i < 50; i++) pace.took(1);
  expect(pace.wait(64)).toBe(60);
});
