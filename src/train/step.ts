/** A training step as one graph: loss, gradients, clipping, AdamW, and a moving average of the parameters. */
import { gradients, input, ops, type Program, param, program, type Tensor } from "../engine/index.ts";
import type { ParamDecl, Params } from "../nn/index.ts";
import { type AdamWOptions, type AdamWScalars, adamWScalars, adamWUpdate, clipFactor, globalNorm } from "./adamw.ts";
import { bundled, joining } from "./bundle.ts";
import { type MuonOptions, muonUpdate } from "./muon.ts";

const { add, mul, sub } = ops;

export interface StepOptions {
  readonly adamW: AdamWOptions;
  /** Parameters that Muon updates instead, and its options. */
  readonly muon?: MuonOptions & { readonly takes: (decl: ParamDecl) => boolean };
  /** Factor on the learning rate of a parameter; 1 by default. */
  readonly rateOf?: (decl: ParamDecl) => number;
  /** Largest global gradient norm. */
  readonly clip: number;
  /** Whether a moving average of the parameters is kept; its decay is the input `emaDecay`. */
  readonly ema: boolean;
  /** Batches whose gradients a step averages: all but the last go through `accumulationProgram`. 1 by default. */
  readonly accumulate?: number;
}

/** The kinds of state that a parameter has. */
export type Slot = "param" | "m" | "v" | "ema" | "sum";

/** Name of a parameter's state among a step's inputs; its output is `updated(name)`. */
export function slotName(slot: Slot, name: string): string {
  return slot === "param" ? name : `${slot}:${name}`;
}

/** Whether a slot's name is that of an optimiser's moment. */
export const isMoment = (slot: string): boolean => /^[mv]:/.test(slot);

export const updated = (name: string): string => `next:${name}`;

/** The state that each parameter has. */
export type SlotsOf = (decl: ParamDecl) => readonly Slot[];

export const slotsOf =
  ({ ema, muon }: StepOptions): SlotsOf =>
  (decl) => ["param", "m", ...(muon?.takes(decl) ? [] : (["v"] as const)), ...(ema ? (["ema"] as const) : [])];

/** Another network that is trained in the same step on a loss of its own: a discriminator. Its gradients are not gathered. */
export interface SecondNetwork {
  readonly decls: readonly ParamDecl[];
  readonly loss: Tensor;
}

/**
 * The step's program. Inputs: what `loss` needs, every slot of every declared parameter, `lr`, `correction1`,
 * `correction2` and `emaDecay`. Outputs: the slots' next values, `loss`, `gradNorm` and `extras`; for a second network its
 * slots (without averages), `secondLoss` and `secondGradNorm`.
 */
export function stepProgram(
  name: string,
  decls: readonly ParamDecl[],
  p: Params,
  loss: Tensor,
  extras: Readonly<Record<string, Tensor>>,
  options: StepOptions,
  second?: SecondNetwork,
): Program {
  const scalars = adamWScalars();
  const params = decls.map((d) => p(d.name));
  const grads = averagedGradients(decls, loss, params, options.accumulate ?? 1);
  const first = updateOutputs(decls, params, grads, scalars, options);
  const outputs: Record<string, Tensor> = { loss, ...first, ...extras };
  if (second !== undefined) {
    const others = second.decls.map((d) => p(d.name));
    const own = gradients(second.loss, others);
    const { gradNorm, ...next } = updateOutputs(second.decls, others, own, scalars, { ...options, ema: false });
    Object.assign(outputs, next, { secondLoss: second.loss, secondGradNorm: gradNorm });
  }
  return program(name, outputs);
}

/** Next values of all slots, and the gradients' norm before clipping. */
function updateOutputs(
  decls: readonly ParamDecl[],
  params: readonly Tensor[],
  grads: readonly Tensor[],
  scalars: AdamWScalars,
  { adamW, muon, rateOf = () => 1, clip, ema: averaged }: StepOptions,
): Record<string, Tensor> & { gradNorm: Tensor } {
  const rows = decls.map((decl, i) => ({ decl, param: params[i]!, grad: grads[i]! }));
  const keyOf = ({ decl }: { readonly decl: ParamDecl }): string | undefined =>
    muon?.takes(decl) ? undefined : `${decl.decay} ${rateOf(decl)}`;
  const bundles = bundled(rows, keyOf).map((members) => ({
    members,
    ...joining(members.map(({ decl }) => decl.shape)),
  }));
  const joint = bundles.map(({ members, join }) => join(members.map(({ grad }) => grad)));
  const gradNorm = globalNorm(joint);
  const factor = clipFactor(gradNorm, clip);
  const emaDecay = averaged ? input("emaDecay", "float32", []) : undefined;
  const outputs: Record<string, Tensor> & { gradNorm: Tensor } = { gradNorm };
  bundles.forEach(({ members, join, part }, i) => {
    const slots = (kind: Slot): Tensor => join(members.map(({ decl }) => param(slotName(kind, decl.name), decl.shape)));
    const output = (kind: Slot, next: Tensor): void =>
      part(next).forEach((own, k) => {
        outputs[updated(slotName(kind, members[k]!.decl.name))] = own;
      });
    const { decl } = members[0]!;
    const [now, grad, m] = [join(members.map((row) => row.param)), joint[i]!, slots("m")];
    const rate = rateOf(decl);
    const lr = rate === 1 ? scalars.lr : mul(scalars.lr, rate);
    const next: { param: Tensor; m: Tensor; v?: Tensor } = muon?.takes(decl)
      ? muonUpdate(now, mul(grad, factor), m, lr, muon)
      : adamWUpdate(now, grad, { m, v: slots("v") }, decl.decay, { ...scalars, lr, clip: factor }, adamW);
    output("param", next.param);
    output("m", next.m);
    if (next.v) output("v", next.v);
    if (emaDecay !== undefined) output("ema", add(mul(slots("ema"), emaDecay), mul(next.param, sub(1, emaDecay))));
  });
  return outputs;
}

/** Gradients as they are, or their share of a step's mean added to what earlier batches gave. */
function averagedGradients(
  decls: readonly ParamDecl[],
  loss: Tensor,
  params: readonly Tensor[],
  accumulate: number,
): Tensor[] {
  const grads = gradients(loss, params);
  if (accumulate === 1) return grads;
  return grads.map((g, i) => {
    const { name, shape } = decls[i]!;
    return add(param(slotName("sum", name), shape), mul(g, 1 / accumulate));
  });
}

/**
 * One batch of several in a step: inputs as `stepProgram`'s but for the optimiser's, outputs `loss`, `extras` and the next
 * value of every `sum` slot.
 */
export function accumulationProgram(
  name: string,
  decls: readonly ParamDecl[],
  p: Params,
  loss: Tensor,
  extras: Readonly<Record<string, Tensor>>,
  accumulate: number,
): Program {
  const sums = averagedGradients(
    decls,
    loss,
    decls.map((d) => p(d.name)),
    accumulate,
  );
  const next = decls.map((d, i) => [updated(slotName("sum", d.name)), sums[i]!] as const);
  return program(name, { loss, ...extras, ...Object.fromEntries(next) });
}
