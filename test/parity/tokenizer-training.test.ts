/** tokenizer.npz, training: losses of the straight-through quantiser and the gradients of every parameter. */
import { describe, expect, test } from "vitest";
import { checkProgram, gradients, input, ops, program, type Tensor } from "../../src/engine/index.ts";
import { CODEBOOK, declareTokenizer, tokenizerConfigOf } from "../../src/models/index.ts";
import { paramTensors } from "../../src/nn/index.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";
import { imageInput, paperTokenizerLoss, tokenizerObjective } from "../../src/train/index.ts";
import { Golden, goldenCheckpoint, goldenNames, TRAINING_BAR } from "../support/golden.ts";
import { expectGradientTable } from "../support/gradient-table.ts";

/** Losses agree to float32's rounding, well within the bar. */
const LOSS_BAR = 1e-5;

const golden = await Golden.open("tokenizer.npz", /^train_/);
const pictures = await Golden.open("tokenizer.npz", /^img_(sq|ns)$/);
const runtime = nodeRuntime();
const { shapes, weights } = await goldenCheckpoint("FlexVAE-T-f16.pth");
const config = tokenizerConfigOf("checkpoint", shapes);
const decls = declareTokenizer(config);
const p = paramTensors(decls);

const objective = tokenizerObjective(p, config, imageInput(config), ["H", "W"], 0, paperTokenizerLoss);
const [native] = objective.scales;
/** The gradient of the whole loss where `quantisation` is 1, of the reconstruction loss alone where it is 0. */
const quantisation = ops.sub(objective.total, objective.reconstruction);
const loss = ops.add(objective.reconstruction, ops.mul(quantisation, input("quantisation", "float32", [])));
const outputs: Record<string, Tensor> = {
  rec_loss: objective.reconstruction,
  vq_loss: native!.codebook,
  commit_loss: ops.mul(native!.commitment, paperTokenizerLoss.commitment),
  total_loss: objective.total,
  tokens: native!.tokens,
};
const params = decls.map(({ name }) => p(name));
gradients(loss, params).forEach((gradient, i) => {
  outputs[`grad ${decls[i]!.name}`] = gradient;
});
const traced = program("objective", outputs);
checkProgram(traced);
const session = await runtime.open(traced, { weights });

type Values = (name: string) => Float32Array;

async function run(which: string, part: "rec" | "tot"): Promise<Values> {
  const shape = pictures.shape(`img_${which}`);
  const values = await session.run({
    image: runtime.floats(pictures.input(`img_${which}`), shape),
    quantisation: runtime.floats(Float32Array.of(part === "tot" ? 1 : 0), []),
  });
  return (name) => values[name]!.data as Float32Array;
}

describe.each(["sq", "ns"])("picture %s", async (which) => {
  const values: Record<string, Values> = { rec: await run(which, "rec"), tot: await run(which, "tot") };
  const value = values.tot!;

  test.each(["rec_loss", "vq_loss", "commit_loss", "total_loss"])("%s", (loss) => {
    golden.close(`train_${which}_${loss}`, value(loss), LOSS_BAR);
  });

  test("codebook usage", () => {
    // The released code counts a buffer of the last 65,536 ids that starts as zeros: code 0 counts as used.
    const used = new Set([0n, ...(value("tokens") as unknown as BigInt64Array)]).size;
    golden.close(`train_${which}_codebook_usage`, [used / config.codebookSize], 1e-6);
  });

  const named = golden.names.filter((name) => name.startsWith(`train_${which}_grad_`) && !name.endsWith("table"));
  test.each(named)("%s", (name) => {
    const [, kind, parameter] = /_grad_(rec|tot)\.(.*)$/.exec(name)!;
    golden.close(
      name,
      values[kind!]!(`grad ${parameter}`),
      kind === "rec" && parameter === CODEBOOK ? 0 : TRAINING_BAR,
    );
  });
});

test("every parameter's gradient by norm, sum and cosine sum", async () => {
  const value = await run("sq", "tot");
  const names = goldenNames("tokenizer:train_sq_grad_table_names");
  expect([...names].sort()).toEqual(decls.map(({ name }) => name).sort());
  expectGradientTable(names, golden.input("train_sq_grad_table"), (name) => value(`grad ${name}`));
});

test("no array is left out", () => {
  pictures.expectCovered();
  golden.expectCovered([
    [/_entropy_term$/, "zero by definition: neither the paper nor this project has an entropy term"],
    [/_entropy_raw$/, "the released code's entropy before a factor of zero: in no loss"],
  ]);
});
