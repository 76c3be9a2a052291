import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import ts from "typescript";

/** One regular expression of a source file; `pattern` is undefined where it is put together at run time. */
export interface FoundRegExp {
  readonly pattern: string | undefined;
  readonly flags: string;
  readonly place: string;
}

/** Every regular expression below a folder, tests left out. */
export function regExpsUnder(folder: string): FoundRegExp[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((file) => file.split(sep).join("/"));
  return files
    .filter((file) => /\.(ts|tsx|mjs)$/.test(file) && !/\.(test|d)\.ts$/.test(file))
    .sort()
    .flatMap((file) => regExpsOf(readFileSync(join(folder, file), "utf8"), file));
}

/** Every literal, and every call of `RegExp`. */
export function regExpsOf(text: string, name: string): FoundRegExp[] {
  const kind = name.endsWith(".tsx") ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
  const file = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true, kind);
  const found: FoundRegExp[] = [];
  const visit = (node: ts.Node): void => {
    const place = `${name}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf("/");
      found.push({ pattern: node.text.slice(1, end), flags: node.text.slice(end + 1), place });
    } else if ((ts.isNewExpression(node) || ts.isCallExpression(node)) && node.expression.getText() === "RegExp") {
      found.push({ pattern: undefined, flags: "", place });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}
