import { expect, it } from "vitest";
import { type FeatureRows, partlyKnown, rowsFromBytes, rowsToBytes } from "./index.ts";

const numbers = (length: number): Float32Array => Float32Array.from({ length }, (_, i) => Math.sin(i) * 1e3);
const plain: FeatureRows = { features: numbers(6), logits: numbers(8) };
const full: FeatureRows = {
  ...plain,
  spatial: numbers(10),
  details: {
    shallow: numbers(4),
    fine: { data: numbers(24), places: 4, width: 3 },
    coarse: { data: numbers(6), places: 1, width: 3 },
  },
};

it("brings rows through bytes bit for bit, wherever they lie in memory", () => {
  for (const rows of [plain, full]) {
    const bytes = rowsToBytes(rows);
    expect(rowsFromBytes(bytes, "rows")).toEqual(rows);
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    expect(rowsFromBytes(shifted.subarray(1), "rows")).toEqual(rows);
  }
});

it("refuses other bytes, and bytes that were cut short", () => {
  expect(() => rowsFromBytes(rowsToBytes(full).subarray(0, -4), "x.rows")).toThrow(
    /^x.rows: expected features of pictures/,
  );
  expect(() => rowsFromBytes(new Uint8Array(300), "x.rows")).toThrow(/^x.rows: /);
});

it("computes what is not known, batch by batch in order", async () => {
  const asked: number[] = [];
  const extractor = {
    name: "n",
    hash: "h",
    dim: 3,
    extract: async ({ count }: { count: number }) => {
      asked.push(count);
      return plain;
    },
  };
  const partly = partlyKnown(extractor, async (first) => (first === 16 ? full : undefined));
  const batch = (count: number) => ({ data: new Uint8Array(3 * count), count, width: 1, height: 1 });
  expect([await partly.extract(batch(16)), await partly.extract(batch(16)), await partly.extract(batch(5))]).toEqual([
    plain,
    full,
    plain,
  ]);
  expect(asked).toEqual([16, 5]);
});
