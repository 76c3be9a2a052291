import { param, type Tensor } from "../engine/index.ts";
import { ExpectedError } from "../errors/index.ts";

/** How a parameter starts when a network is trained from scratch. */
export type Init =
  | { readonly kind: "zeros" }
  | { readonly kind: "constant"; readonly value: number }
  /** Normal of this standard deviation cut at ±2 deviations, times `gain`. */
  | { readonly kind: "truncatedNormal"; readonly std: number; readonly gain?: number }
  /** Uniform in ±bound (PyTorch's default for convolutions and linear layers: bound = 1/sqrt(fan in)). */
  | { readonly kind: "uniform"; readonly bound: number }
  /**
   * An AdaLN layer [6C, C]: truncated normal of this deviation, times 1e-3 in the rows of gamma1 and gamma2, times 0.5 in
   * those of scale1, scale2, shift1 and shift2.
   */
  | { readonly kind: "adaLN"; readonly std: number }
  /** Offsets [1, 1, 6, C] of shared AdaLN: normal of this deviation, times the same factors as `adaLN`. */
  | { readonly kind: "adaGss"; readonly std: number }
  /** Values computed by the declaring layer. */
  | { readonly kind: "values"; readonly make: () => Float32Array };

/**
 * One parameter, declared once: published name, shape, start value, whether weight decay applies. Initialisation,
 * checkpoint checks, counts and optimiser groups all derive from the declarations.
 */
export interface ParamDecl {
  readonly name: string;
  readonly shape: readonly number[];
  readonly init: Init;
  readonly decay: boolean;
}

/** Looks a declared parameter up by its published name. */
export type Params = (name: string) => Tensor;

/** Traced parameters for a list of declarations. Asking for a name that was not declared throws. */
export function paramTensors(decls: readonly ParamDecl[]): Params {
  const byName = new Map(decls.map((d) => [d.name, param(d.name, d.shape)]));
  return (name) => {
    const t = byName.get(name);
    if (t === undefined) throw new ExpectedError(`parameters: expected a declared name, got "${name}"`);
    return t;
  };
}

/** Number of scalars in all parameters. */
export function countParams(decls: readonly ParamDecl[]): number {
  return decls.reduce((n, d) => n + sizeOfShape(d.shape), 0);
}

export function sizeOfShape(shape: readonly number[]): number {
  return shape.reduce((n, d) => n * d, 1);
}

/** What differs between declared parameters and a file's tensors. */
export interface ParamMismatch {
  readonly missing: string[];
  readonly unknown: string[];
  readonly wrongShape: string[];
}

/** Compares declarations with the names and shapes of a checkpoint; `ignored` names are allowed to be there. */
export function compareParams(
  decls: readonly ParamDecl[],
  found: ReadonlyMap<string, { readonly shape: readonly number[] }>,
  ignored: (name: string) => boolean,
): ParamMismatch {
  const declared = new Set(decls.map((d) => d.name));
  return {
    missing: decls.filter((d) => !found.has(d.name)).map((d) => d.name),
    unknown: [...found.keys()].filter((name) => !declared.has(name) && !ignored(name)),
    wrongShape: decls.flatMap((d) => {
      const got = found.get(d.name)?.shape;
      if (got === undefined || (got.length === d.shape.length && got.every((n, i) => n === d.shape[i]))) return [];
      return [`${d.name}: expected [${d.shape.join(", ")}], got [${got.join(", ")}]`];
    }),
  };
}

/** Throws one error that lists every mismatch, or returns. */
export function expectParams(where: string, mismatch: ParamMismatch): void {
  const list = (title: string, names: readonly string[]): string[] => {
    if (names.length === 0) return [];
    const shown = names.slice(0, 20).join(", ");
    return [`${title}: ${shown}${names.length > 20 ? ` and ${names.length - 20} more` : ""}`];
  };
  const problems = [
    ...list("missing tensors", mismatch.missing),
    ...list("unknown tensors", mismatch.unknown),
    ...list("wrong shapes", mismatch.wrongShape),
  ];
  if (problems.length > 0)
    throw new ExpectedError(`${where}: expected the network's tensors, got ${problems.join("; ")}`);
}
