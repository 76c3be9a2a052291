import { expect, it } from "vitest";
import { claimTable, published } from "../../recipes/lib/claims.mjs";
import { exampleResult } from "../support/example-result.ts";

const point = (value: string, fid: number) => {
  const result = exampleResult({ fid, class_accuracy: 0.5 });
  return { value, ...result, pictures: { ...result.pictures, path: "/home/me/set.npz", record: '{"top_k":60}' } };
};

it("keeps numbers, intervals, hashes and settings of a sweep, no paths, and shows them as a table", () => {
  const claim = published({ total: 100, sweeps: [{ option: "guidance", values: [point("1", 0.25), point("2", 12)] }] });
  expect(JSON.stringify(claim)).not.toMatch(/home|samples\.npz|"data"/);
  expect(claim.values[1]).toMatchObject({
    value: "2",
    settings: { top_k: 60 },
    numbers: { fid: 12 },
    pictures: "0".repeat(64),
  });
  expect(claimTable(claim).trim().split("\n")).toEqual([
    "100 pictures at each value against 100, compared by judge fashion; 95 % intervals.",
    "",
    "| guidance | FID | Class accuracy |",
    "| --- | ---: | ---: |",
    "| 1 | 0.2500 (0.2250 to 0.2750) | 50.0 % (45.0 % to 55.0 %) |",
    "| 2 | 12.00 (10.80 to 13.20) | 50.0 % (45.0 % to 55.0 %) |",
  ]);
});
