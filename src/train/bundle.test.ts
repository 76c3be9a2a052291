import { expect, test } from "vitest";
import { param, program } from "../engine/index.ts";
import type { ParamDecl } from "../nn/index.ts";
import { nodeRuntime } from "../runtime/node.ts";
import { bundled, joining } from "./bundle.ts";

const decl = (name: string, shape: number[], decay = false): ParamDecl => ({
  name,
  shape,
  init: { kind: "zeros" },
  decay,
});

test("small parameters of one key are together, large ones and those without a key alone", () => {
  const rows = [
    decl("a", [96]),
    decl("kernel", [96, 96, 3, 3], true),
    decl("b", [48]),
    decl("c", [4, 4], true),
    decl("d", [2]),
  ].map((d) => ({ decl: d }));
  const groups = bundled(rows, ({ decl: { name, decay } }) => (name === "d" ? undefined : String(decay)));
  expect(groups.map((group) => group.map((row) => row.decl.name))).toEqual([["a", "b"], ["kernel"], ["c"], ["d"]]);
});

test("tensors that were joined come apart as they were", async () => {
  const runtime = nodeRuntime({ threads: 1 });
  const shapes = [[2, 2], [3], [1, 1, 1]];
  const { join, part } = joining(shapes);
  const [a, b, c] = part(join(shapes.map((shape, i) => param(`p${i}`, shape))));
  const session = await runtime.open(program("joined", { a: a!, b: b!, c: c! }));
  const values = [Float32Array.of(1, 2, 3, 4), Float32Array.of(5, 6, 7), Float32Array.of(8)];
  const out = await session.run(
    Object.fromEntries(values.map((value, i) => [`p${i}`, runtime.floats(value, shapes[i]!)])),
  );
  await session.dispose();
  expect([out.a!.dims, out.b!.dims, out.c!.dims]).toEqual(shapes);
  expect([...out.a!.data, ...out.b!.data, ...out.c!.data]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});
