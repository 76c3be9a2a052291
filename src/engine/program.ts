import { opDef } from "./ops/table.ts";
import { type Tensor, topologicalOrder } from "./tensor.ts";

/** A traced function ready to be lowered: named outputs and everything they depend on, in order. */
export interface Program {
  readonly name: string;
  readonly inputs: readonly Tensor[];
  readonly params: readonly Tensor[];
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** All tensors, inputs before their users. */
  readonly order: readonly Tensor[];
}

/** Collects the graph behind `outputs`. Throws when two different inputs, parameters or outputs share a name. */
export function program(name: string, outputs: Readonly<Record<string, Tensor>>): Program {
  const order = topologicalOrder(Object.values(outputs));
  const named = new Map<string, Tensor>();
  for (const t of order) {
    if (t.name === undefined) continue;
    const other = named.get(t.name);
    if (other !== undefined && other !== t)
      throw new Error(`program ${name}: expected distinct names, got two different tensors named "${t.name}"`);
    named.set(t.name, t);
  }
  for (const [output, t] of Object.entries(outputs)) {
    const taken = named.get(output);
    if (taken !== undefined && taken !== t)
      throw new Error(
        `program ${name}: expected distinct names, got an output named like the ${taken.kind} "${output}"`,
      );
  }
  return {
    name,
    order,
    outputs,
    inputs: order.filter((t) => t.kind === "input"),
    params: order.filter((t) => t.kind === "param"),
  };
}

const typeText = (t: Tensor): string => `${t.dtype}[${t.shape.join(", ")}]`;

/** Short names of a program's tensors: their own, or %0, %1, … in order. */
function shortNames(p: Program): Map<Tensor, string> {
  const names = new Map<Tensor, string>();
  let next = 0;
  for (const t of p.order) {
    const rank0 = t.kind === "constant" && t.shape.length === 0;
    names.set(t, t.name ?? (rank0 ? String(t.data![0]) : `%${next++}`));
  }
  return names;
}

function attrText(value: unknown): string {
  return typeof value === "number" ? String(value) : JSON.stringify(value);
}

function firstValues(t: Tensor): string {
  const values = [...t.data!.slice(0, 4)].map(String);
  return t.data!.length > 4 ? `${values.join(", ")}, …` : values.join(", ");
}

/** The program as short text, one line a node, for people and snapshots. */
export function programText(p: Program): string {
  const names = shortNames(p);
  const lines = [`program ${p.name}`];
  for (const t of p.order) {
    const name = names.get(t)!;
    if (t.kind === "node") {
      const attrs = Object.entries(t.attrs!).map(([key, value]) => `${key}=${attrText(value)}`);
      const args = [...t.inputs.map((input) => names.get(input)!), ...attrs].join(", ");
      lines.push(`  ${name} = ${t.op}(${args}) : ${typeText(t)}`);
    } else if (t.kind !== "constant") lines.push(`  ${t.kind} ${name} : ${typeText(t)}`);
    else if (t.shape.length > 0) lines.push(`  ${name} = constant(${firstValues(t)}) : ${typeText(t)}`);
  }
  for (const [name, t] of Object.entries(p.outputs)) lines.push(`  output ${name} = ${names.get(t)!} : ${typeText(t)}`);
  return `${lines.join("\n")}\n`;
}

/**
 * Checks every node of a program against its operation's record: types re-inferred and equal, inputs defined before
 * use. Throws naming the node, its inputs' types and its origin.
 */
export function checkProgram(p: Program): void {
  const names = shortNames(p);
  const defined = new Set<Tensor>();
  for (const t of p.order) {
    const describe = (): string =>
      `program ${p.name}: node ${names.get(t)} ${t.op}(${t.inputs.map(typeText).join(", ")}) from ${t.origin || "the top"}`;
    const missing = t.inputs.find((input) => !defined.has(input));
    if (missing !== undefined)
      throw new Error(`${describe()}: expected inputs defined before use, got ${names.get(missing)}`);
    if (t.op !== undefined) {
      let inferred: { dtype: string; shape: readonly unknown[] };
      try {
        inferred = opDef(t.op).infer(t.inputs, t.attrs!);
      } catch (error) {
        throw new Error(`${describe()}: ${(error as Error).message}`, { cause: error });
      }
      const want = `${inferred.dtype}[${inferred.shape.join(", ")}]`;
      if (want !== typeText(t)) throw new Error(`${describe()}: expected type ${want}, got ${typeText(t)}`);
    }
    defined.add(t);
  }
}
