/** The golden data as tests hold them: arrays that remember what compared them, checkpoints, and model folders made of them. */
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { openPthStateDict, toFloat32 } from "../../src/checkpoint/index.ts";
import type { TensorShapes } from "../../src/models/index.ts";
import { importModel } from "../../src/pretrained/node.ts";
import { type GoldenArray, goldenNpz } from "./golden-npz.ts";

/** Bars of the parity: forward values, and losses, gradients and trained weights. */
export const FORWARD_BAR = 1e-4;
export const TRAINING_BAR = 1e-3;

export const goldenPath = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/golden/${name}`, import.meta.url));

/** max|a − b| / max|b|; max|a| where b is all zeros. NaN anywhere gives NaN, which no bar holds. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length)
    throw new Error(`relativeError: expected ${expected.length} values, got ${actual.length}`);
  let difference = 0;
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    difference = Math.max(difference, Math.abs(actual[i]! - expected[i]!));
    largest = Math.max(largest, Math.abs(expected[i]!));
  }
  return largest === 0 ? difference : difference / largest;
}

/** Expects two arrays to differ by at most `bar`, relative to the largest expected value. */
export function expectClose(what: string, actual: ArrayLike<number>, expected: ArrayLike<number>, bar: number): void {
  expect(relativeError(actual, expected), what).toBeLessThanOrEqual(bar);
}

/** The arrays of one golden archive. Every one must be fed to something or compared with something. */
export class Golden {
  private readonly arrays: ReadonlyMap<string, GoldenArray>;
  private readonly covered = new Set<string>();

  private constructor(arrays: ReadonlyMap<string, GoldenArray>) {
    this.arrays = arrays;
  }

  /** @param only names that this test answers for; all by default. */
  static async open(file: string, only = /./): Promise<Golden> {
    return new Golden(new Map([...(await goldenNpz(file))].filter(([name]) => only.test(name))));
  }

  get names(): readonly string[] {
    return [...this.arrays.keys()];
  }

  shape(name: string): readonly number[] {
    return this.array(name).shape;
  }

  /** A float32 array that a computation starts from. */
  input(name: string): Float32Array {
    return this.take(name, "float32") as Float32Array;
  }

  /** An int64 array that a computation starts from. */
  inputIds(name: string): number[] {
    return Array.from(this.take(name, "int64") as BigInt64Array, Number);
  }

  /** Compares values with a float32 array. */
  close(name: string, actual: ArrayLike<number>, bar: number): void {
    expectClose(name, actual, this.take(name, "float32") as Float32Array, bar);
  }

  /** Compares ids with an int64 array: identical. */
  same(name: string, actual: ArrayLike<number>): void {
    expect(Array.from(actual), name).toEqual(this.inputIds(name));
  }

  /** Expects every array to have been used, those excepted by name not. */
  expectCovered(except: readonly (readonly [names: RegExp, reason: string])[] = []): void {
    expect(this.names.length).toBeGreaterThan(0);
    for (const [names] of except) expect(this.names.filter((name) => names.test(name))).not.toEqual([]);
    const excepted = (name: string): boolean => except.some(([names]) => names.test(name));
    expect(this.names.filter((name) => !this.covered.has(name) && !excepted(name))).toEqual([]);
    expect([...this.covered].filter(excepted)).toEqual([]);
  }

  private take(name: string, dtype: GoldenArray["dtype"]): GoldenArray["data"] {
    const { data, dtype: found } = this.array(name);
    if (found !== dtype) throw new Error(`${name}: expected ${dtype}, got ${found}`);
    this.covered.add(name);
    return data;
  }

  private array(name: string): GoldenArray {
    const found = this.arrays.get(name);
    if (found === undefined) throw new Error(`golden data: expected an array "${name}", got none`);
    return found;
  }
}

/** A golden checkpoint in memory. */
export interface GoldenCheckpoint {
  readonly shapes: TensorShapes;
  readonly weights: ReadonlyMap<string, { readonly kind: "memory"; readonly data: Float32Array }>;
}

export async function goldenCheckpoint(file: string): Promise<GoldenCheckpoint> {
  const opened = await openPthStateDict(goldenPath(file));
  try {
    const weights = new Map<string, { readonly kind: "memory"; readonly data: Float32Array }>();
    for (const [name, entry] of opened.tensors)
      weights.set(name, { kind: "memory", data: toFloat32(await entry.read(), entry.dtype) });
    return { shapes: new Map([...opened.tensors].map(([name, { shape }]) => [name, { shape }])), weights };
  } finally {
    await opened.close();
  }
}

/** Parameter names that belong to the rows of a table of `meta.json`. */
export function goldenNames(table: string): string[] {
  const meta = JSON.parse(readFileSync(goldenPath("meta.json"), "utf8")) as { names: Record<string, string[]> };
  const names = meta.names[table];
  if (names === undefined) throw new Error(`meta.json: expected names "${table}", got none`);
  return names;
}

/** A folder for a test's files, removed by `remove`. */
export async function scratchFolder(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "flexvar-parity-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** Imports golden checkpoints into a new folder under `parent`. */
export async function importGolden(parent: string, transformer?: string): Promise<string> {
  const out = join(parent, transformer === undefined ? "tokenizer" : transformer.replace(/\.pth$/, ""));
  await importModel({
    tokenizer: goldenPath("FlexVAE-T-f16.pth"),
    ...(transformer === undefined ? {} : { transformer: goldenPath(transformer) }),
    out,
  });
  return out;
}
