/**
 * Hostile and damaged files, made from small valid ones. Whatever goes in, a reader either succeeds or throws a
 * `CheckpointError`, soon. `FLEXVAR_FUZZ_RUNS` sets the number of inputs per test; each run draws new ones from
 * `FLEXVAR_FUZZ_SEED` (default 1).
 */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  apply,
  check,
  deflatedZip,
  mutations,
  npzBytes,
  pthBytes,
  readers,
  recordsOf,
  safetensorsBytes,
  survives,
  timeout,
  zipOf,
} from "../../test/support/hostile-checkpoints.ts";
import { openTensorFile } from "./index.ts";

describe("damaged files", () => {
  test.each([
    ["pth", pthBytes],
    ["safetensors", safetensorsBytes],
    ["npz", npzBytes],
  ] as const)(
    "%s: cut, flipped, spliced",
    async (format, bytes) => {
      expect(await survives(readers[format], bytes)).toBe(true);
      await check(mutations, async (list) => {
        const mutated = apply(bytes, list);
        await survives(readers[format], mutated);
        await survives(openTensorFile, mutated);
      });
    },
    timeout,
  );

  test(
    "pth: a mutated pickle under a valid CRC-32",
    async () => {
      const records = await recordsOf(pthBytes);
      await check(fc.tuple(mutations, fc.nat(records.length - 1)), async ([list, which]) => {
        const changed = records.map((record, i) =>
          record.name.endsWith("data.pkl") || i === which ? { ...record, data: apply(record.data, list) } : record,
        );
        await survives(readers.pth, await zipOf(changed));
      });
    },
    timeout,
  );

  test(
    "npz: a mutated array under a valid CRC-32, stored and deflated",
    async () => {
      const records = await recordsOf(npzBytes);
      await check(fc.tuple(mutations, fc.boolean(), fc.integer({ min: -3, max: 3 })), async ([list, packed, lie]) => {
        const data = apply(records[0]!.data, list);
        const bytes = packed
          ? deflatedZip("scales.npy", data, data.length + lie)
          : await zipOf([{ name: "a.npy", data }]);
        await survives(readers.npz, bytes);
      });
    },
    timeout,
  );

  test(
    "npz: a damaged deflate stream",
    async () => {
      const whole = deflatedZip("a.npy", (await recordsOf(npzBytes))[0]!.data, 160);
      expect(await survives(readers.npz, whole)).toBe(true);
      await check(mutations, async (list) => void (await survives(readers.npz, apply(whole, list))));
    },
    timeout,
  );
});
