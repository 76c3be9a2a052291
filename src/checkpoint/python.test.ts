/** The formats as PyTorch and NumPy read and write them. Needs a Python with torch; skipped by name without. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  openPth,
  openPthStateDict,
  type PthTensor,
  readNpz,
  type TensorSource,
  tensorSource,
  writeNpz,
  writePth,
} from "./index.ts";
import { dtypesOf, itemSizeOf } from "./types.ts";

function findPython(): string | undefined {
  return ["/usr/bin/python3", "python3"].find((command) => {
    try {
      execFileSync(command, ["-c", "import torch, numpy"], { stdio: "ignore" });
      return true;
    } catch {
      return false;
    }
  });
}

const python = findPython();
const required = process.env.FLEXVAR_REQUIRE_TORCH === "1";
const reason = python ? "" : " (skipped: no python3 with torch; Debian's python3-torch has it)";

test.runIf(required)("a python3 with torch is here, as FLEXVAR_REQUIRE_TORCH asks", () => {
  expect(python).toBeDefined();
});

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flexvar-python-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function run(script: string, ...args: string[]): Record<string, unknown> {
  const text = execFileSync(python!, ["-c", script, ...args], { cwd: folder, encoding: "utf8" });
  return JSON.parse(text.split("\n").at(-2)!) as Record<string, unknown>;
}

const sha = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** Walks dicts, prints dtype, shape and hash of the C-ordered bytes of each tensor under its dotted name. */
const dump = `
import sys, json, hashlib, torch, warnings
warnings.simplefilter("ignore")
def raw(t):
    t = t.detach().contiguous()
    return b"" if t.numel() == 0 else bytes(t.reshape(-1).view(torch.uint8).numpy())
def walk(v, name, out):
    if isinstance(v, torch.Tensor):
        out[name] = [str(v.dtype)[6:], list(v.shape), hashlib.sha256(raw(v)).hexdigest()]
    elif isinstance(v, dict):
        for k in v: walk(v[k], name + "." + str(k) if name else str(k), out)
    else:
        out[name] = repr(v)
    return out
`;

async function describeTensors(tensors: ReadonlyMap<string, TensorSource>, prefix = "") {
  const out: Record<string, unknown> = {};
  for (const [name, tensor] of tensors) {
    out[prefix + name] = [tensor.dtype, tensor.shape, sha(await tensor.read())];
  }
  return out;
}

describe.skipIf(!python)(`against PyTorch and NumPy${reason}`, () => {
  test.each(["FlexVAE-T-f16.pth", "FlexVAR-T-trainer.pth", "FlexVAR-variant-plain-f16.pth"])(
    "every tensor of %s is what torch.load gives",
    async (name) => {
      const path = fileURLToPath(new URL(`../../test/fixtures/golden/${name}`, import.meta.url));
      const script = `${dump}
d = torch.load(sys.argv[1], map_location="cpu")
d = d.get("trainer", d); d = d.get("var_wo_ddp", d); d = d.get("model", d)
print(json.dumps(walk(d, "", {})))`;
      const file = await openPthStateDict(path);
      expect(await describeTensors(file.tensors)).toEqual(run(script, path));
      await file.close();
    },
  );

  test("torch.load(weights_only=True) accepts what writePth writes, tensor for tensor", async () => {
    const path = join(folder, "ours.pth");
    const dtypes = [...dtypesOf("torch").values()];
    const pattern = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 7) & 1);
    const dict = new Map<string, TensorSource>(
      dtypes.map((dtype, i) => [
        `layer.${dtype}`,
        tensorSource(dtype, [2, i + 1, 3], pattern((6 * i + 6) * itemSizeOf(dtype))),
      ]),
    );
    dict.set("scalar", tensorSource("float32", [], new Uint8Array(4)));
    dict.set("empty", tensorSource("float32", [0, 3], new Uint8Array(0)));
    const tree = { epoch: 180, big: 2 ** 40, done: true, none: null, trainer: { var_wo_ddp: dict } };
    const floats = join(folder, "floats.pth");
    await writePth(path, tree);
    await writePth(floats, { lr: 0.5, tiny: -1e-300, list: [1, 0.25] });
    const script = `${dump}
print(json.dumps(walk(torch.load(sys.argv[1], map_location="cpu", weights_only=True), "", {})))`;
    const scalars = { epoch: "180", big: String(2 ** 40), done: "True", none: "None" };
    expect(run(script, path)).toEqual({ ...scalars, ...(await describeTensors(dict, "trainer.var_wo_ddp.")) });
    const full = `${dump}
only = int(torch.__version__.split(".")[0]) >= 2
print(json.dumps(walk(torch.load(sys.argv[1], weights_only=only), "", {})))`;
    expect(run(full, floats)).toEqual({ lr: "0.5", tiny: "-1e-300", list: "[1, 0.25]" });
  });

  test("views, parameters, other protocols and scalars that torch.save writes are read", async () => {
    const script = `${dump}
import argparse, collections, numpy as np
base = torch.arange(48, dtype=torch.float32)
module = torch.nn.Linear(3, 2)
sd = collections.OrderedDict(
    transposed=base.view(6, 8).t(), window=base.view(2, 4, 6)[:, 1:3, ::2], expanded=base[:3].expand(5, 3),
    tail=base[40:], scalar=base[7], bf16=base.view(6, 8).bfloat16().t(), half=base.half(), long=torch.arange(5),
    flags=torch.tensor([True, False]), parameter=torch.nn.Parameter(base.clone()), empty=torch.zeros(0, 4),
    strided=torch.as_strided(base, (4, 4), (1, 1)), odd=base.view(6, 8)[:, 3].byte())
sd.update(module.state_dict())
other = dict(sd=module.state_dict(), args=argparse.Namespace(lr=1e-4, name="x", sub=[1, (2, 3)]), best=np.float64(1.25),
    count=np.int64(7), single=np.float32(0.5), big=1 << 80, size=base.view(6, 8).shape, keys={1: "a", None: "b"})
torch.save({"model": sd}, "views.pth")
torch.save(other, "other.pth")
for p in (3, 4, 5): torch.save({"model": sd}, f"views{p}.pth", pickle_protocol=p)
torch.save({"model": sd}, "legacy.pth", _use_new_zipfile_serialization=False)
print(json.dumps(walk(sd, "", {})))`;
    const wanted = run(script);
    for (const name of ["views.pth", "views3.pth", "views4.pth", "views5.pth"]) {
      const file = await openPthStateDict(join(folder, name));
      expect(await describeTensors(file.tensors), name).toEqual(wanted);
      expect(file.tensors.get("transposed")!.location).toBeUndefined();
      expect(file.tensors.get("tail")!.location).toBeDefined();
      await file.close();
    }
    const other = await openPth(join(folder, "other.pth"));
    const root = other.tree as Map<string, unknown>;
    expect(root.get("args")).toEqual(
      new Map<string, unknown>([
        ["lr", 1e-4],
        ["name", "x"],
        ["sub", [1, [2, 3]]],
      ]),
    );
    expect([root.get("best"), root.get("count"), root.get("single"), root.get("big")]).toEqual([
      1.25,
      7,
      0.5,
      1n << 80n,
    ]);
    expect(root.get("size")).toEqual([6, 8]);
    expect((root.get("keys") as Map<unknown, unknown>).get(null)).toBe("b");
    expect(((root.get("sd") as Map<string, unknown>).get("weight") as PthTensor).shape).toEqual([2, 3]);
    await other.close();
    await expect(openPth(join(folder, "legacy.pth"))).rejects.toThrow(/got a pickle of PyTorch before 1\.6/);
  });

  test("code in a checkpoint is refused by name and does not run", async () => {
    run(`
import torch, os, json
class Evil:
    def __reduce__(self): return (os.system, ("touch ran",))
torch.save({"model": {"w": torch.zeros(2), "x": Evil()}}, "evil.pth")
torch.save(torch.nn.Linear(2, 2), "module.pth")
print(json.dumps({}))`);
    await expect(openPth(join(folder, "evil.pth"))).rejects.toThrow(/got the global "posix\.system", which is refused/);
    await expect(openPth(join(folder, "module.pth"))).rejects.toThrow(
      /got the global "torch\.nn\.modules\.linear\.Linear"/,
    );
    const { existsSync } = await import("node:fs");
    expect(existsSync(join(folder, "ran"))).toBe(false);
  });

  test("np.load reads what writeNpz writes", async () => {
    await writeNpz(join(folder, "ours.npz"), {
      a: { dtype: "float32", shape: [2, 2], data: Float32Array.of(1, 2, 3, 4.5) },
      tokens_00: { dtype: "int64", shape: [1, 2, 1], data: BigInt64Array.of(-1n, 7n) },
      half: { dtype: "float16", shape: [2], data: Uint16Array.of(0x3c00, 0xc000) },
      flag: { dtype: "bool", shape: [2], data: Uint8Array.of(1, 0) },
      scalar: { dtype: "uint8", shape: [], data: Uint8Array.of(9) },
    });
    const script = `
import numpy as np, json
z = np.load("ours.npz")
print(json.dumps({k: [str(z[k].dtype), list(z[k].shape), z[k].tolist()] for k in z}))`;
    expect(run(script)).toEqual({
      a: [
        "float32",
        [2, 2],
        [
          [1, 2],
          [3, 4.5],
        ],
      ],
      tokens_00: ["int64", [1, 2, 1], [[[-1], [7]]]],
      half: ["float16", [2], [1, -2]],
      flag: ["bool", [2], [true, false]],
      scalar: ["uint8", [], 9],
    });
  });

  test("what NumPy writes is read: compressed, Fortran order, every type; the rest is refused by name", async () => {
    const script = `
import numpy as np, json
a = np.arange(24).reshape(2, 3, 4)
types = ["float64","float32","float16","int64","uint64","int32","uint32","int16","uint16","int8","uint8","bool"]
d = {t: a.astype(t) for t in types}
d.update({"F_" + t: np.asfortranarray(a.astype(t)) for t in types})
d["scalar"] = np.float32(3); d["none"] = np.zeros((0, 2))
np.savez_compressed("packed.npz", **d); np.savez("plain.npz", **d)
np.savez("text.npz", names=np.array(["a", "b"])); np.savez("big.npz", a=a.astype(">f4"))
print(json.dumps({k: [str(v.dtype), list(v.shape), np.ascontiguousarray(v).tobytes().hex()] for k, v in d.items()}))`;
    const wanted = run(script);
    for (const name of ["packed.npz", "plain.npz"]) {
      const found: Record<string, unknown> = {};
      for (const [key, { dtype, shape, data }] of await readNpz(join(folder, name))) {
        found[key] = [dtype, shape, Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("hex")];
      }
      expect({ ...found, scalar: wanted.scalar }, name).toEqual(wanted);
    }
    await expect(readNpz(join(folder, "text.npz"))).rejects.toThrow(/array "names": expected a type of .*got "<U1"/);
    await expect(readNpz(join(folder, "big.npz"))).rejects.toThrow(/array "a": expected a type of .*got ">f4"/);
  });
});
