import type { OpCase } from "../case.ts";
import { convCases } from "./conv.ts";
import { elementwiseCases } from "./elementwise.ts";
import { gatherCases } from "./gather.ts";
import { halfCases } from "./half.ts";
import { matmulCases } from "./matmul.ts";
import { normalizeCases } from "./normalize.ts";
import { quantizedCases } from "./quantized.ts";
import { reduceCases } from "./reduce.ts";
import { shapeCases } from "./shape.ts";

/** The conformance list: every provider computes every row. */
export const conformanceCases: readonly OpCase[] = [
  ...elementwiseCases,
  ...reduceCases,
  ...shapeCases,
  ...gatherCases,
  ...matmulCases,
  ...normalizeCases,
  ...quantizedCases,
  ...convCases,
  ...halfCases,
];

export const caseName = (c: OpCase): string => `${c.op}: ${c.name}`;
