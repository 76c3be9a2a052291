import { beforeAll, expect, it } from "vitest";
import { gradients, input, program } from "../engine/index.ts";
import { declareTransformer, type TransformerConfig } from "../models/index.ts";
import { paramTensors } from "../nn/index.ts";
import { positionPool } from "../pipelines/index.ts";
import type { Value } from "../runtime/index.ts";
import { nodeRuntime } from "../runtime/node.ts";
import { blockCausalBias, createRandom, type Grid, layoutScales } from "../sampling/index.ts";
import { consistencyLoss, ownCodes, rolloutLogits, rolloutProgram } from "./refinement.ts";
import { freshStart } from "./start.ts";
import { writeTeacherCodes } from "./teacher.ts";
import { transformerObjective } from "./transformer-objective.ts";

const runtime = nodeRuntime({ threads: 1 });
const config: TransformerConfig = {
  depth: 1,
  width: 8,
  heads: 2,
  mlpWidth: 16,
  numClasses: 2,
  codebookSize: 5,
  codeDim: 3,
  sharedAdaLN: false,
  qkNorm: true,
  positionSide: 4,
};
const GRIDS: Grid[] = [1, 2, 3].map((s) => [s, s]);
const { begins, ends, total: L } = layoutScales(GRIDS);
const B = 2;
const Z = config.codeDim;
const V = config.codebookSize;
const decls = declareTransformer(config);
const p = paramTensors(decls);
const draw = createRandom(3, "refinement");
const codes = Float32Array.from({ length: V * Z }, () => draw.normal());
const ids = Int32Array.from({ length: B * L }, () => draw.int(V));

/** Inputs of the true tokens. */
function trueCodes(): Float32Array {
  const out = new Float32Array(B * (L - 1) * Z);
  for (let row = 0; row < B; row++) {
    const tokens = GRIDS.map((_, i) => ids.subarray(row * L + begins[i]!, row * L + ends[i]!));
    writeTeacherCodes(codes, Z, GRIDS, tokens, out, row * (L - 1) * Z);
  }
  return out;
}

let feeds: Record<string, Value>;
beforeAll(() => {
  const start = freshStart(decls, 1);
  // Start values make a nearly uniform head; these do not.
  for (const [name, values] of start)
    if (!name.startsWith("pos")) for (let i = 0; i < values.length; i++) values[i] = draw.normal() / 2;
  feeds = Object.fromEntries(decls.map(({ name, shape }) => [name, runtime.floats(start.get(name)!, shape)]));
  Object.assign(feeds, {
    classIds: runtime.ints([0, 2], [B]),
    codes: runtime.floats(trueCodes(), [B, L - 1, Z]),
    pool: runtime.floats(Float32Array.from(GRIDS.flatMap((grid) => [...positionPool(config.positionSide, grid)])), [
      L,
      config.positionSide ** 2,
    ]),
    bias: runtime.floats(blockCausalBias(layoutScales(GRIDS)), [L, L]),
    targets: runtime.ints(ids, [B, L]),
  });
});

/** Loss, consistency and all gradients, with or without the second pass. */
async function lossAndGradients(second: Float32Array | undefined, weight = 0.5): Promise<Map<string, Float32Array>> {
  const options = { labelSmoothing: 0, dropPath: false, ...(second && { consistency: weight }) };
  const { loss, consistency } = transformerObjective(p, config, options);
  const grads = gradients(
    loss,
    decls.map(({ name }) => p(name)),
  );
  const outputs = {
    loss,
    ...(consistency && { consistency }),
    ...Object.fromEntries(decls.map(({ name }, i) => [`grad:${name}`, grads[i]!])),
  };
  const session = await runtime.open(program("refined", outputs));
  const given = second ? { ...feeds, ownCodes: runtime.floats(second, [B, L - 1, Z]) } : feeds;
  const result = await session.run(given);
  await session.dispose();
  return new Map(Object.entries(result).map(([name, { data }]) => [name, Float32Array.from(data as Float32Array)]));
}

const far = (a: Float32Array, b: Float32Array): number => Math.max(...a.map((x, i) => Math.abs(x - b[i]!)));

it("a second pass on the true tokens changes neither loss nor gradients", async () => {
  const [plain, refined] = [await lossAndGradients(undefined), await lossAndGradients(trueCodes())];
  expect(refined.get("consistency")![0]).toBeCloseTo(0, 6);
  for (const [name, values] of plain) expect(far(values, refined.get(name)!), name).toBeLessThan(1e-5);
});

it("adds the weighted divergence of a second pass on other tokens, and its gradient", async () => {
  const other = trueCodes().map((x) => 1 - x);
  const [plain, refined] = [await lossAndGradients(undefined), await lossAndGradients(other)];
  const consistency = refined.get("consistency")![0]!;
  expect(consistency).toBeGreaterThan(1e-3);
  expect(refined.get("loss")![0]).toBeCloseTo(plain.get("loss")![0]! + 0.5 * consistency, 5);
  expect(far(refined.get("grad:head.weight")!, plain.get("grad:head.weight")!)).toBeGreaterThan(1e-3);
});

it("consistency is KL(teacher ‖ student) and gives the teacher no gradient", async () => {
  const [teacher, student] = [input("teacher", "float32", [1, 1, 2]), input("student", "float32", [1, 1, 2])];
  const loss = consistencyLoss(teacher, student);
  const [toTeacher, toStudent] = gradients(loss, [teacher, student]);
  const session = await runtime.open(program("kl", { loss, toTeacher: toTeacher!, toStudent: toStudent! }));
  const row = (a: number, b: number): Value => runtime.floats(Float32Array.of(Math.log(a), Math.log(b)), [1, 1, 2]);
  const result = await session.run({ teacher: row(0.75, 0.25), student: row(0.5, 0.5) });
  const values = (name: string): number[] => [...(result[name]!.data as Float32Array)];
  expect(values("loss")[0]).toBeCloseTo(0.75 * Math.log(1.5) + 0.25 * Math.log(0.5), 6);
  expect(values("toTeacher")).toEqual([0, 0]);
  expect(values("toStudent")[0]).toBeCloseTo(0.5 - 0.75, 6);
  await session.dispose();
});

it("own codes are those of the drawn tokens, resized to the next scale", () => {
  const logits = Float32Array.from({ length: B * L * V }, (_, i) => (ids[Math.floor(i / V)] === i % V ? 9 : 0));
  const filter = { topK: 1, topP: 0, temperature: 1 };
  expect(ownCodes(logits, codes, Z, GRIDS, filter, createRandom(1))).toEqual(trueCodes());
  const flat = new Float32Array(B * L * V);
  const drawn = ownCodes(flat, codes, Z, GRIDS, { ...filter, topK: 0 }, createRandom(1));
  expect(drawn).not.toEqual(ownCodes(flat, codes, Z, GRIDS, { ...filter, topK: 0 }, createRandom(2)));
});

it("the first pass takes what it needs of a step's feeds", async () => {
  const session = await runtime.open(rolloutProgram(p, config));
  expect(await rolloutLogits(session, feeds)).toHaveLength(B * L * V);
  await session.dispose();
});
