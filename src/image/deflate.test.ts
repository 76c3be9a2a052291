import { createHash } from "node:crypto";
import { deflateSync, inflateSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRandom } from "../sampling/index.ts";
import { zlibCompress } from "./deflate.ts";
import { codeLengths } from "./huffman.ts";

const restored = (data: Uint8Array) => new Uint8Array(inflateSync(zlibCompress(data)));

describe("zlibCompress", () => {
  it("is undone by zlib: any bytes", () => {
    const few = fc.array(fc.constantFrom(0, 1, 2, 255), { maxLength: 3000 }).map((v) => Uint8Array.from(v));
    const repeated = fc
      .tuple(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.integer({ min: 1, max: 40 }))
      .map(([part, times]) =>
        Uint8Array.from(
          Array(times)
            .fill([...part])
            .flat(),
        ),
      );
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 2000 }), few, repeated), (data) => {
        expect(restored(data)).toEqual(data);
      }),
      { numRuns: 300 },
    );
  });

  it("is undone by zlib: more than one block, and matches across the whole window", () => {
    const rng = createRandom(1);
    const noise = Uint8Array.from({ length: 150_000 }, () => rng.int(256));
    expect(Buffer.compare(restored(noise), noise)).toBe(0);
    const far = new Uint8Array(3 * 32768 + 7);
    for (let i = 0; i < far.length; i++) far[i] = noise[i % 32768]!;
    expect(Buffer.compare(restored(far), far)).toBe(0);
    expect(zlibCompress(far).length).toBeLessThan(40_000);
    expect(zlibCompress(new Uint8Array(1_000_000)).length).toBeLessThan(1500);
  });

  it("is about as small as zlib on what PNG filters leave", () => {
    const rng = createRandom(2);
    const residuals = Uint8Array.from({ length: 100_000 }, (_, i) => (i % 300 < 200 ? rng.normal() * 3 : 0) & 255);
    expect(zlibCompress(residuals).length).toBeLessThan(deflateSync(residuals).length * 1.02);
  });

  it("gives the recorded bytes", () => {
    const rng = createRandom(3);
    const data = Uint8Array.from({ length: 50_000 }, (_, i) => (i % 97 < 50 ? rng.int(16) : i & 31));
    expect(createHash("sha256").update(zlibCompress(data)).digest("hex").slice(0, 16)).toMatchInlineSnapshot(
      `"b3db850170240aa0"`,
    );
  });
});

describe("codeLengths", () => {
  it("holds the limit with a complete code, shorter for more frequent symbols", () => {
    const counts = fc.array(fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 1 << 20 })), {
      minLength: 19,
      maxLength: 100,
    });
    fc.assert(
      fc.property(counts, (list) => {
        const lengths = codeLengths(Int32Array.from(list), 7);
        expect(Math.max(...lengths)).toBeLessThanOrEqual(7);
        const kraft = [...lengths].reduce((sum, bits) => sum + (bits ? 2 ** -bits : 0), 0);
        expect(kraft).toBe(1);
        list.forEach((a, i) => {
          list.forEach((b, j) => {
            if (a > b && b > 0) expect(lengths[i]!).toBeLessThanOrEqual(lengths[j]!);
          });
        });
      }),
      { numRuns: 60 },
    );
    const fibonacci = [1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144];
    expect([...codeLengths(Int32Array.from(fibonacci), 15)]).toEqual([11, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
  });
});
