import type { OpAttrs, OpName } from "./attrs.ts";
import { conv } from "./conv.ts";
import type { OpDef } from "./def.ts";
import { elementwise } from "./elementwise.ts";
import { gather } from "./gather.ts";
import { matmul } from "./matmul.ts";
import { normalize } from "./normalize.ts";
import { quantized } from "./quantized.ts";
import { reduce } from "./reduce.ts";
import { shapeOps } from "./shape.ts";

/** Every operation's record. A name added to `OpAttrs` without a record here does not compile. */
const opTable: { readonly [K in OpName]: OpDef<OpAttrs[K]> } = {
  ...elementwise,
  ...reduce,
  ...shapeOps,
  ...gather,
  ...matmul,
  ...quantized,
  ...normalize,
  ...conv,
};

/** The record of an operation known only by name; attributes were checked when the node was built. */
export function opDef(name: OpName): OpDef<OpAttrs[OpName]> {
  return opTable[name] as OpDef<OpAttrs[OpName]>;
}

export const opNames = Object.keys(opTable) as OpName[];
