/** The files of `deploy/`, read: command lines of the project, environment names, images, metrics of the dashboard. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { projectRoot } from "./imports.ts";

export const deployFile = (name: string): string => readFileSync(join(projectRoot, "deploy", name), "utf8");

/** The documents of a YAML file. @throws where one is none */
export function yamlDocuments(text: string): readonly Tree[] {
  const documents = parseAllDocuments(text, { strict: true });
  if (!Array.isArray(documents)) throw new Error("expected YAML documents, got none");
  return documents.map((document) => {
    const [problem] = [...document.errors, ...document.warnings];
    if (problem !== undefined) throw problem;
    return document.toJS() as Tree;
  });
}

export type Tree = { readonly [key: string]: unknown };

/** Every object within a document that has a key. */
export function objectsWith(key: string, within: unknown): readonly Tree[] {
  if (typeof within !== "object" || within === null) return [];
  const own = !Array.isArray(within) && key in within ? [within as Tree] : [];
  return [...own, ...Object.values(within).flatMap((value) => objectsWith(key, value))];
}

/** Services of compose files and containers of Kubernetes ones that run an image: what follows its entry point. */
export const argumentsOf = (documents: readonly Tree[], image: string): readonly (readonly string[])[] =>
  objectsWith("image", documents)
    .filter((one) => one.image === image)
    .map((one) => (one.command ?? one.args) as string[]);

/** The `ExecStart` of a unit, from the name of its program on, with values for its variables. */
export function unitCommand(text: string, variables: Readonly<Record<string, string>>): readonly string[] {
  const line = /^ExecStart=(.*)$/m.exec(text)?.[1] ?? "";
  const [program = "", ...rest] = line.split(" ").map((word) =>
    word.replace(/\$\{(\w+)\}/g, (_, name: string) => {
      const value = variables[name];
      if (value === undefined) throw new Error(`ExecStart: expected a known variable, got ${name}`);
      return value;
    }),
  );
  return [program.split("/").at(-1)!, ...rest];
}

/** The value at a path in the form that KEDA's metrics-api takes (gjson): keys, numbers and `#(name=="value")`, between dots. */
export function atPath(path: string, within: unknown): unknown {
  const steps = path.match(/#\([^)]*\)|[^.]+/g) ?? [];
  return steps.reduce<unknown>((value, step) => {
    const query = /^#\((\w+)=="([^"]*)"\)$/.exec(step);
    if (query === null) return (value as Tree | undefined)?.[step];
    return (value as Tree[] | undefined)?.find((one) => one[query[1]!] === query[2]);
  }, within);
}

/** Metrics that a PromQL expression names, with the labels that it uses of any. */
export function usedBy(expression: string): {
  readonly metrics: readonly string[];
  readonly labels: readonly string[];
} {
  const metrics = [...expression.matchAll(/\bflexvar_\w+/g)].map(([name]) => name);
  const grouped = [...expression.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, names]) => names!.split(", "));
  const matched = [...expression.matchAll(/\{([^}]*)\}/g)].flatMap(([, text]) =>
    text!.split(",").map((part) => part.split(/[=!]/)[0]!.trim()),
  );
  return { metrics, labels: [...grouped, ...matched] };
}
