import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import {
  detectFormat,
  openPth,
  openPthStateDict,
  openTensorFile,
  readNpz,
  type TensorFile,
  toFloat32,
} from "./index.ts";

const golden = (name: string) => fileURLToPath(new URL(`../../test/fixtures/golden/${name}`, import.meta.url));

async function withFile<T>(name: string, use: (file: TensorFile) => Promise<T>): Promise<T> {
  const file = await openPthStateDict(golden(name));
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

describe("golden .pth files", () => {
  test("the fp32 training checkpoint and the fp16 state dict hold the same values", async () => {
    await withFile("FlexVAR-T-trainer.pth", async (trainer) => {
      await withFile("FlexVAR-T-plain-f16.pth", async (plain) => {
        expect(trainer.metadata.wrapping).toBe("trainer.var_wo_ddp");
        expect(plain.metadata.wrapping).toBe("flat");
        const shared = [...trainer.tensors.keys()].filter((name) => name !== "attn_bias_for_masking");
        expect(shared).toEqual([...plain.tensors.keys()]);
        for (const name of shared) {
          const a = trainer.tensors.get(name)!;
          const b = plain.tensors.get(name)!;
          expect([a.dtype, b.dtype]).toEqual(["float32", "float16"]);
          expect(a.shape).toEqual(b.shape);
          const wide = toFloat32(await a.read(), a.dtype);
          const narrow = toFloat32(await b.read(), b.dtype);
          const bits = (values: Float32Array) => Buffer.from(values.buffer, values.byteOffset, values.byteLength);
          expect(Buffer.compare(bits(wide), bits(narrow)), name).toBe(0);
        }
        expect(plain.tensors.get("pos_1LC")!.shape).toEqual([1, 128, 32, 32]);
      });
    });
  });

  test("the training checkpoint's other contents are plain values", async () => {
    const file = await openPth(golden("FlexVAR-T-trainer.pth"));
    const tree = file.tree;
    expect(tree).toBeInstanceOf(Map);
    const root = tree as Map<string, unknown>;
    expect([...root.keys()]).toEqual(["epoch", "iter", "trainer", "args"]);
    expect(root.get("epoch")).toBe(180);
    const config = (root.get("trainer") as Map<string, unknown>).get("config") as Map<string, unknown>;
    expect(config.get("patch_nums")).toEqual([1, 2, 3, 4, 5]);
    expect(config.get("last_prog_si")).toBe(-1);
    expect(config.get("first_prog")).toBe(true);
    expect(root.get("args")).toBeInstanceOf(Map);
    await file.verify();
    await file.close();
  });

  test("the tokenizer lies under model; locations point at the very bytes", async () => {
    await withFile("FlexVAE-T-f16.pth", async (file) => {
      await file.verify();
      expect(file.metadata.wrapping).toBe("model");
      const codebook = file.tensors.get("quantize.embedding.weight")!;
      expect(codebook.shape).toEqual([64, 8]);
      const { open } = await import("node:fs/promises");
      const { path, offset } = codebook.location!;
      const handle = await open(path);
      const direct = new Uint8Array(codebook.byteLength);
      await handle.read(direct, 0, direct.length, offset);
      await handle.close();
      expect(direct).toEqual(await codebook.read());
    });
  });

  test("formats are told by content", async () => {
    expect(await detectFormat(golden("FlexVAE-T-f16.pth"))).toBe("pth");
    expect(await detectFormat(golden("ops.npz"))).toBe("npz");
    await expect(detectFormat(golden("meta.json"))).rejects.toThrow(
      /meta\.json: expected a \.pth.*got bytes of no known/,
    );
    await expect(openTensorFile(golden("ops.npz"))).rejects.toThrow(/expected a \.pth.*got a NumPy archive/);
  });
});

test("golden .npz arrays have the documented types, shapes and values", async () => {
  const arrays = await readNpz(golden("ops.npz"));
  const ties = arrays.get("samp_logits_ties")!;
  const logits = arrays.get("samp_logits")!;
  expect([ties.dtype, ties.shape]).toEqual(["float32", [2, 4, 64]]);
  expect(ties.data).toEqual(Float32Array.from(logits.data as Float32Array, (v) => halves(v)));
  const channels = arrays.get("pos_init_channels")!;
  expect([channels.dtype, channels.shape]).toEqual(["int64", [8]]);
  const initial = arrays.get("pos_init")!;
  expect(initial.shape).toEqual([8, 32, 32]);
  const scale = arrays.get("resize_in_b")!;
  expect(scale.shape).toEqual([1, 2, 5, 7]);
  expect((await readNpz(golden("ops.npz"), ["resize_in_b"])).size).toBe(1);
  await expect(readNpz(golden("ops.npz"), ["absent"])).rejects.toThrow(/expected an array "absent"/);
});

/** Round half to even on a grid of halves, keeping the sign of zero, as the golden data were made. */
function halves(value: number): number {
  const doubled = value * 2;
  const floor = Math.floor(doubled);
  const rest = doubled - floor;
  const up = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0);
  const rounded = (floor + (up ? 1 : 0)) / 2;
  return rounded === 0 && value < 0 ? -0 : rounded;
}
