import type { Import } from "./imports.ts";

/** Folders of `src` in the order data passes through them: each may import those before it. */
const folderOrder = [
  "errors",
  "json",
  "files",
  "orders",
  "engine",
  "checkpoint",
  "image",
  "sampling",
  "editing",
  "options",
  "runtime",
  "nn",
  "models",
  "pretrained",
  "hub",
  "pipelines",
  "devices",
  "quantize",
  "data",
  "train",
  "evaluate",
  "client",
  "site",
  "classifier",
  "report",
  "server",
  "cluster",
  "bench",
  "cli",
];

/** Packages and Node parts that no browser has. */
const nodeOnly = /^(node:|sharp($|\/)|onnxruntime-node($|\/)|yauzl($|\/)|yazl($|\/)|commander($|\/))/;

/** Files that other folders may name: a folder's index (any platform), or its Node or browser face. */
const face = /(^|\/)(index|node|web)\.ts$/;

export interface SourceTree {
  readonly files: readonly string[];
  imports(file: string): readonly Import[];
  resolve(file: string, specifier: string): string | undefined;
}

/** Sentences for every import that goes up the order, past an index, or to a folder that has no place in the order. */
export function directionProblems(tree: SourceTree): string[] {
  const problems: string[] = [];
  for (const file of tree.files) {
    const from = folderOf(file);
    if (from !== undefined && !folderOrder.includes(from))
      problems.push(`${file}: folder ${from} has no place in folderOrder`);
    for (const { specifier, line } of tree.imports(file)) {
      const target = tree.resolve(file, specifier);
      if (target === undefined) continue;
      const problem = judge(from, folderOf(target), target);
      if (problem !== undefined) problems.push(`${file}:${line}: ${problem}`);
    }
  }
  return problems;
}

function judge(from: string | undefined, to: string | undefined, target: string): string | undefined {
  if (target.startsWith("../"))
    return to === ".." && target === "../package.json" ? undefined : `imports ${target}, outside src`;
  if (from === to) return undefined;
  if (to === undefined)
    return from === "cli" ? undefined : `imports ${target}, but only the files beside it and cli may`;
  if (!face.test(target)) return `imports ${target}, past the index of ${to}`;
  if (from !== undefined && folderOrder.indexOf(to) > folderOrder.indexOf(from))
    return `${from} imports ${to}, which comes after it`;
  return undefined;
}

/** Every circle of imports that remain after compilation, as the files along it. */
export function cycles(tree: SourceTree): string[][] {
  const found: string[][] = [];
  const state = new Map<string, "open" | "done">();
  const path: string[] = [];
  const visit = (file: string): void => {
    if (state.get(file) === "done") return;
    if (state.get(file) === "open") {
      found.push([...path.slice(path.indexOf(file)), file]);
      return;
    }
    state.set(file, "open");
    path.push(file);
    for (const next of valueTargets(tree, file)) visit(next);
    path.pop();
    state.set(file, "done");
  };
  for (const file of tree.files) visit(file);
  return found;
}

/** Imports of Node-only packages that are reached from `entry`, each with the way that leads there. */
export function nodeOnlyReached(tree: SourceTree, entry: string): string[] {
  const reached = new Map<string, string | undefined>([[entry, undefined]]);
  const problems: string[] = [];
  for (const [file] of reached) {
    for (const { specifier, typeOnly } of tree.imports(file)) {
      if (!typeOnly && nodeOnly.test(specifier)) problems.push(`${specifier} by ${way(reached, file).join(" > ")}`);
    }
    for (const next of valueTargets(tree, file)) if (!reached.has(next)) reached.set(next, file);
  }
  return problems;
}

function way(reached: ReadonlyMap<string, string | undefined>, file: string): string[] {
  const before = reached.get(file);
  return before === undefined ? [file] : [...way(reached, before), file];
}

function valueTargets(tree: SourceTree, file: string): string[] {
  const kept = tree.imports(file).filter((one) => !one.typeOnly);
  return kept
    .map((one) => tree.resolve(file, one.specifier))
    .filter((target) => target !== undefined && tree.files.includes(target)) as string[];
}

function folderOf(file: string): string | undefined {
  const slash = file.indexOf("/");
  return slash < 0 ? undefined : file.slice(0, slash);
}
