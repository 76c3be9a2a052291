/** Start values of networks trained from scratch by their kind in `nn/params.ts`, as in the authors' code. */
import { type Init, type ParamDecl, sizeOfShape } from "../nn/index.ts";
import type { Random } from "../sampling/index.ts";

/** Start values of every declared parameter, each from a stream of its own: adding a parameter changes no other. */
export function initialValues(decls: readonly ParamDecl[], random: Random): Map<string, Float32Array> {
  return new Map(decls.map((d) => [d.name, startValues(d.init, d.shape, random.split(d.name))]));
}

/** AdaLN: all of a modulation layer's rows are scaled by 0.5, those of the two gammas by 1e-3 instead. */
const ADA_GAIN = 0.5;
const GAMMA_GAIN = 1e-3;

function startValues(init: Init, shape: readonly number[], random: Random): Float32Array {
  const values = new Float32Array(sizeOfShape(shape));
  switch (init.kind) {
    case "zeros":
      return values;
    case "constant":
      return values.fill(init.value);
    case "values":
      return init.make();
    case "uniform":
      return values.map(() => (2 * random.uniform() - 1) * init.bound);
    case "truncatedNormal":
      return values.map(() => truncatedNormal(random) * init.std * (init.gain ?? 1));
    case "adaLN": {
      // Rows gamma1, gamma2, scale1, scale2, shift1, shift2, C each.
      const gammas = values.length / 3;
      return values.map((_, i) => truncatedNormal(random) * init.std * (i < gammas ? GAMMA_GAIN : ADA_GAIN));
    }
    case "adaGss": {
      const gammas = values.length / 3;
      return values.map((_, i) => random.normal() * init.std * (i < gammas ? GAMMA_GAIN : ADA_GAIN));
    }
    default:
      return init satisfies never;
  }
}

/** Standard normal, drawn again until it lies within ±2. */
function truncatedNormal(random: Random): number {
  for (;;) {
    const x = random.normal();
    if (Math.abs(x) <= 2) return x;
  }
}
