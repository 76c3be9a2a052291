import { expect, test } from "vitest";
import { paced } from "./pace.ts";

test("reports are passed on ten times a second, and the last one always", () => {
  const told: number[] = [];
  let clock = 0;
  const report = paced(
    (loaded: number) => told.push(loaded),
    (loaded) => loaded === 30,
    () => clock,
  );
  for (let loaded = 1; loaded <= 30; loaded++) {
    report(loaded);
    clock += 11;
  }
  // 11 ms apart: every tenth is more than 100 ms after the one before.
  expect(told).toEqual([1, 11, 21, 30]);
});
