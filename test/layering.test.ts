import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { importsOf, importsOfFile, resolveRelative, sourceFiles, sourceRoot } from "./support/imports.ts";
import { cycles, directionProblems, nodeOnlyReached, type SourceTree } from "./support/layering.ts";

const cache = new Map<string, ReturnType<typeof importsOfFile>>();
const source: SourceTree = {
  files: sourceFiles(sourceRoot),
  resolve: resolveRelative,
  imports(file) {
    const known = cache.get(file) ?? importsOfFile(file);
    cache.set(file, known);
    return known;
  },
};

describe("src", () => {
  test("folders import only folders before them, through their index", () => {
    expect(source.files.length).toBeGreaterThan(0);
    expect(directionProblems(source)).toEqual([]);
  });

  test("no imports run in a circle", () => {
    expect(cycles(source)).toEqual([]);
  });

  test("every relative import leads to a file", () => {
    const lost = source.files.flatMap((file) =>
      source.imports(file).flatMap(({ specifier }) => {
        const target = source.resolve(file, specifier);
        return target === undefined || existsSync(join(sourceRoot, target)) ? [] : [`${file}: ${specifier}`];
      }),
    );
    expect(lost).toEqual([]);
  });

  test("nothing draws from the global random generator", () => {
    const lines = source.files.flatMap((file) =>
      readFileSync(join(sourceRoot, file), "utf8")
        .split("\n")
        .flatMap((text, i) => (/^\s*(\/\/|\*|\/\*)/.test(text) ? [] : [{ at: `${file}:${i + 1}`, text }])),
    );
    expect(lines.filter(({ text }) => /\bMath\.random\b/.test(text)).map(({ at }) => at)).toEqual([]);
  });

  test.skipIf(!source.files.includes("web.ts"))("the browser entry reaches nothing that only Node has", () => {
    expect(nodeOnlyReached(source, "web.ts")).toEqual([]);
  });
});

describe("the rules themselves", () => {
  const tree = (files: Record<string, string>): SourceTree => ({
    files: Object.keys(files),
    imports: (file) => importsOf(files[file] ?? ""),
    resolve: resolveRelative,
  });

  test("importing upwards, past an index, or from an unknown folder is named", () => {
    const bad = tree({
      "engine/a.ts": 'import { run } from "../runtime/index.ts";',
      "nn/b.ts": 'import { Tensor } from "../engine/tensor.ts";',
      "elsewhere/c.ts": 'import { x } from "./d.ts";',
      "models/e.ts": 'import { all } from "../index.ts";',
    });
    expect(directionProblems(bad)).toEqual([
      "engine/a.ts:1: engine imports runtime, which comes after it",
      "nn/b.ts:1: imports engine/tensor.ts, past the index of engine",
      "elsewhere/c.ts: folder elsewhere has no place in folderOrder",
      "models/e.ts:1: imports index.ts, but only the files beside it and cli may",
    ]);
  });

  test("importing downwards through an index or a browser face is fine", () => {
    const good = tree({
      "nn/a.ts": 'import { Tensor } from "../engine/index.ts";\nimport { b } from "./b.ts";',
      "web.ts": 'export * from "./runtime/web.ts";',
      "cli/main.ts": 'import { version } from "../../package.json";',
    });
    expect(directionProblems(good)).toEqual([]);
  });

  test("a circle of values is found, a circle of types is not", () => {
    const circle = tree({
      "engine/a.ts": 'import { b } from "./b.ts";',
      "engine/b.ts": 'export { c } from "./c.ts";',
      "engine/c.ts": 'export const a = () => import("./a.ts");',
      "nn/a.ts": 'import { b } from "./b.ts";',
      "nn/b.ts": 'import type { A } from "./a.ts";\nimport { type C } from "./a.ts";',
    });
    expect(cycles(circle)).toEqual([["engine/a.ts", "engine/b.ts", "engine/c.ts", "engine/a.ts"]]);
  });

  test("a Node module behind other files is reported with the way to it", () => {
    const web = tree({
      "web.ts": 'import { read } from "./files/index.ts";\nimport type { Stats } from "node:fs";',
      "files/index.ts": 'export { read } from "./read.ts";',
      "files/read.ts": 'import { readFile } from "node:fs/promises";',
    });
    expect(nodeOnlyReached(web, "web.ts")).toEqual(["node:fs/promises by web.ts > files/index.ts > files/read.ts"]);
  });
});
