/** transformer.npz and the variant's logits, forward: the teacher-forced pass and its mask. */
import { describe, expect, test } from "vitest";
import { checkProgram, program } from "../../src/engine/index.ts";
import * as models from "../../src/models/index.ts";
import { compareParams, expectParams, paramTensors } from "../../src/nn/index.ts";
import type { Value } from "../../src/runtime/index.ts";
import { nodeRuntime } from "../../src/runtime/node.ts";
import { blockCausalBias, layoutScales } from "../../src/sampling/index.ts";
import { FORWARD_BAR, Golden, goldenCheckpoint } from "../support/golden.ts";
import { gridsOf, teacherFeeds, teacherInputs } from "../support/teacher-forcing.ts";

const golden = await Golden.open("transformer.npz", /^tf_/);
const variant = await Golden.open("variant_shared_aln.npz", /^tf_/);
const tokenizer = await Golden.open("tokenizer.npz", /^tf_in_pair_/);
const runtime = nodeRuntime();

async function openTeacher(file: string) {
  const { shapes, weights } = await goldenCheckpoint(file);
  const config = models.transformerConfigOf(file, shapes);
  const decls = models.declareTransformer(config);
  expectParams(file, compareParams(decls, shapes, models.isTransformerBuffer));
  const { logits, hidden } = models.teacherForced(paramTensors(decls), config, teacherInputs(config));
  const traced = program("teacher", { logits, ...Object.fromEntries(hidden.map((h, i) => [`block${i}`, h])) });
  checkProgram(traced);
  const session = await runtime.open(traced, { weights });
  return {
    config,
    async run(labels: readonly number[], list: string): Promise<Record<string, Float32Array>> {
      const codes = tokenizer.input(`tf_in_pair_${list}`);
      const outputs = await session.run(teacherFeeds(runtime, config, labels, gridsOf(list), codes));
      return Object.fromEntries(
        Object.entries(outputs).map(([name, value]: [string, Value]) => [name, value.data]),
      ) as Record<string, Float32Array>;
    },
  };
}

describe("own AdaLN, normalised attention", async () => {
  const teacher = await openTeacher("FlexVAR-T-plain-f16.pth");

  test("hyper-parameters are read off the shapes", () => {
    expect(teacher.config).toEqual({
      depth: 2,
      width: 128,
      heads: 2,
      mlpWidth: 512,
      numClasses: 10,
      codebookSize: 64,
      codeDim: 8,
      sharedAdaLN: false,
      qkNorm: true,
      positionSide: 32,
    });
  });

  test.each(["1_2_3_4", "1_2_4_6_8", "1_2_3_5_7"])("scales %s", async (list) => {
    const outputs = await teacher.run([0, 3], list);
    golden.close(`tf_logits_${list}`, outputs.logits!, FORWARD_BAR);
    for (const name of golden.names.filter((one) => /^tf_hidden_/.test(one) && one.endsWith(list)))
      golden.close(name, outputs[name.split("_")[2]!]!, FORWARD_BAR);
  });

  test("the row of no class", async () => {
    const { numClasses } = teacher.config;
    const { logits } = await teacher.run([numClasses, numClasses], "1_2_3_4");
    golden.close("tf_logits_uncond_1_2_3_4", logits!, FORWARD_BAR);
  });
});

describe("shared AdaLN, plain attention", async () => {
  const teacher = await openTeacher("FlexVAR-variant-plain-f16.pth");

  test("scales 1_2_3_4", async () => {
    expect(teacher.config).toMatchObject({ depth: 1, width: 64, heads: 1, numClasses: 4 });
    expect(teacher.config).toMatchObject({ sharedAdaLN: true, qkNorm: false });
    variant.close("tf_logits_1_2_3_4", (await teacher.run([0, 3], "1_2_3_4")).logits!, FORWARD_BAR);
  });
});

test("the block-causal mask", () => {
  const bias = blockCausalBias(layoutScales(gridsOf("1_2_3_4")), 1);
  golden.same(
    "tf_mask_1_2_3_4",
    bias.map((blocked) => 1 - blocked),
  );
});

test("no array is left out", () => {
  golden.expectCovered();
  variant.expectCovered();
  tokenizer.expectCovered();
});
