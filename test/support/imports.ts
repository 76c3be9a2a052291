import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

export const projectRoot = fileURLToPath(new URL("../../", import.meta.url));
export const sourceRoot = join(projectRoot, "src");

/** One import, re-export or dynamic import of a source file. */
export interface Import {
  /** The text between the quotes. */
  readonly specifier: string;
  /** True when it disappears on compilation. */
  readonly typeOnly: boolean;
  readonly line: number;
}

/** Every TypeScript source below `folder` as a path relative to it, with `/`, tests left out. */
export function sourceFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const all = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((file) => file.split(sep).join("/"));
  return all.filter((file) => file.endsWith(".ts") && !/\.(test|d)\.ts$/.test(file)).sort();
}

/** All imports of a source text. */
export function importsOf(text: string): Import[] {
  const file = ts.createSourceFile("file.ts", text, ts.ScriptTarget.Latest, true);
  const found: Import[] = [];
  const add = (node: ts.Node, specifier: ts.Node | undefined, typeOnly: boolean) => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return;
    const line = file.getLineAndCharacterOfPosition(node.getStart()).line + 1;
    found.push({ specifier: specifier.text, typeOnly, line });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node, node.moduleSpecifier, isTypeImport(node.importClause));
    else if (ts.isExportDeclaration(node))
      add(node, node.moduleSpecifier, node.isTypeOnly || allTypes(node.exportClause));
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node, node.arguments[0], false);
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node, node.argument.literal, true);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** Imports of a file below `src`, by its path relative to it. */
export function importsOfFile(file: string): Import[] {
  return importsOf(readFileSync(join(sourceRoot, file), "utf8"));
}

/** Path relative to `src` that a relative import of `file` leads to; undefined for a package. */
export function resolveRelative(file: string, specifier: string): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  const target = relative(sourceRoot, join(sourceRoot, dirname(file), specifier));
  return target.split(sep).join("/");
}

function isTypeImport(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined) return false;
  if (clause.isTypeOnly) return true;
  const named = clause.namedBindings;
  return clause.name === undefined && named !== undefined && ts.isNamedImports(named) && allTypes(named);
}

/** True for `{ type A, type B }`: nothing of it is left after compilation. */
function allTypes(clause: ts.NamedImports | ts.NamedExportBindings | undefined): boolean {
  if (clause === undefined || !("elements" in clause) || clause.elements.length === 0) return false;
  return [...clause.elements].every((element) => element.isTypeOnly);
}
