import { beforeAll, describe, expect, it } from "vitest";
import { floats, type GoldenArray, goldenNpz } from "../../test/support/golden-npz.ts";
import { checkProgram, gradients, program } from "../engine/index.ts";
import { CODEBOOK, declareTokenizer, tokenizerConfigOf } from "../models/index.ts";
import { paramTensors } from "../nn/index.ts";
import type { Session } from "../runtime/index.ts";
import { nodeRuntime } from "../runtime/node.ts";
import { differenceFromRow, goldenNames, goldenWeights, relative } from "./golden-support.ts";
import { imageInput, paperTokenizerLoss, tokenizerObjective } from "./tokenizer-objective.ts";

const TOLERANCE = 1e-3;
const NAMED = ["encoder.conv_in.weight", "decoder.conv_out.weight", CODEBOOK];
const runtime = nodeRuntime({ threads: 1 });
let arrays: Map<string, GoldenArray>;
let session: Session;

const results = new Map<string, Map<string, Float32Array>>();

/** Every output for a golden picture. */
async function run(picture: string): Promise<Map<string, Float32Array>> {
  const known = results.get(picture);
  if (known !== undefined) return known;
  const name = `img_${picture}`;
  const result = await session.run({ image: runtime.floats(floats(arrays, name), arrays.get(name)!.shape) });
  const values = new Map(Object.entries(result).map(([key, value]) => [key, value.data as Float32Array]));
  results.set(picture, values);
  return values;
}

beforeAll(async () => {
  arrays = await goldenNpz("tokenizer.npz");
  const { shapes, weights } = await goldenWeights("FlexVAE-T-f16.pth");
  const config = tokenizerConfigOf("golden", shapes);
  const decls = declareTokenizer(config);
  const p = paramTensors(decls);
  const image = imageInput(config);
  const { total, reconstruction, scales } = tokenizerObjective(p, config, image, ["H", "W"], 0, paperTokenizerLoss);
  const params = decls.map((d) => p(d.name));
  const ofTotal = gradients(total, params);
  const ofReconstruction = gradients(reconstruction, NAMED.map(p));
  const traced = program("tokenizer_losses", {
    total,
    reconstruction,
    codebook: scales[0]!.codebook,
    commitment: scales[0]!.commitment,
    ...Object.fromEntries(decls.map((d, i) => [`total:${d.name}`, ofTotal[i]!])),
    ...Object.fromEntries(NAMED.map((name, i) => [`reconstruction:${name}`, ofReconstruction[i]!])),
  });
  checkProgram(traced);
  session = await runtime.open(traced, { weights });
}, 60_000);

describe.each(["sq", "ns"])("tokenizer losses of the golden picture %s", (picture) => {
  let values: Map<string, Float32Array>;
  const reference = (name: string): Float32Array => floats(arrays, `train_${picture}_${name}`);

  beforeAll(async () => {
    values = await run(picture);
  });

  it("have the reference's values", () => {
    expect(relative(values.get("reconstruction")!, reference("rec_loss"))).toBeLessThan(1e-5);
    expect(relative(values.get("codebook")!, reference("vq_loss"))).toBeLessThan(1e-5);
    const commitment = [paperTokenizerLoss.commitment * values.get("commitment")![0]!];
    expect(relative(commitment, reference("commit_loss"))).toBeLessThan(1e-5);
    expect(relative(values.get("total")!, reference("total_loss"))).toBeLessThan(1e-5);
  });

  it.each(NAMED)("have the reference's gradients of %s", (name) => {
    expect(relative(values.get(`total:${name}`)!, reference(`grad_tot.${name}`))).toBeLessThan(TOLERANCE);
    expect(relative(values.get(`reconstruction:${name}`)!, reference(`grad_rec.${name}`))).toBeLessThan(TOLERANCE);
  });

  it("give the codebook nothing from the reconstruction", () => {
    expect(values.get(`reconstruction:${CODEBOOK}`)!.every((g) => g === 0)).toBe(true);
    expect(values.get(`total:${CODEBOOK}`)!.some((g) => g !== 0)).toBe(true);
  });
});

it("agree with the reference's table of all gradients", async () => {
  const order = await goldenNames("train_sq_grad_table");
  const table = floats(arrays, "train_sq_grad_table");
  const values = await run("sq");
  expect(order.length * 3).toBe(table.length);
  const largest = Math.max(...order.map((_, row) => table[3 * row]!));
  const failing = order.filter((name, i) => {
    const row = [...table.subarray(3 * i, 3 * i + 3)];
    return differenceFromRow(values.get(`total:${name}`)!, row, largest) > TOLERANCE;
  });
  expect(failing).toEqual([]);
});
