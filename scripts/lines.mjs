// node scripts/lines.mjs [REVISION]: lines of code of the project, by top folder; lines that hold a token other than a
// comment, tests and their support left out. With a revision, that revision's files, so that two can be compared:
// what only moved between folders cancels out in the total.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript";

const TESTS = /\.test\.[cm]?[jt]sx?$|^test\/|(^|\/)(testing|golden-support|fuzz-support)\.ts$|\.swiftshader\.ts$/;
const ROOTS = /^(src|studio|recipes|scripts|examples)\/.*\.(ts|tsx|mts|mjs|js|jsx)$/;

/** Numbers of the lines on which a token of the program stands; a template of several lines counts whole. */
function codeLines(path, text) {
  const jsx = /x$/.test(path);
  const source = ts.createSourceFile(
    path,
    text,
    ts.ScriptTarget.Latest,
    false,
    jsx ? ts.ScriptKind.TSX : ts.ScriptKind.TS,
  );
  const lines = new Set();
  const visit = (node) => {
    if (ts.isToken(node) && node.kind !== ts.SyntaxKind.EndOfFileToken) {
      const first = source.getLineAndCharacterOfPosition(node.getStart(source)).line;
      const last = source.getLineAndCharacterOfPosition(node.getEnd()).line;
      for (let line = first; line <= last; line++) lines.add(line);
    }
    for (const child of node.getChildren(source))
      if (child.kind < ts.SyntaxKind.FirstJSDocNode || child.kind > ts.SyntaxKind.LastJSDocNode) visit(child);
  };
  visit(source);
  return lines.size;
}

const git = (...args) => execFileSync("git", args, { maxBuffer: 1 << 30 });
const [revision] = process.argv.slice(2);
const root = revision === undefined ? process.cwd() : mkdtempSync(join(tmpdir(), "flexvar-lines-"));
const names = (revision === undefined ? git("ls-files") : git("ls-tree", "-r", "--name-only", revision))
  .toString()
  .split("\n");
const read = names.filter((name) => ROOTS.test(name) && !TESTS.test(name));
if (revision !== undefined)
  execFileSync("tar", ["-x", "-C", root], {
    input: git("archive", revision, ...new Set(read.map((name) => name.split("/")[0]))),
  });
const totals = new Map();
for (const name of read) {
  const folder = /^src\/.*\//.test(name) ? name.split("/").slice(0, 2).join("/") : name.split("/")[0];
  totals.set(folder, (totals.get(folder) ?? 0) + codeLines(name, readFileSync(join(root, name), "utf8")));
}
if (revision !== undefined) rmSync(root, { recursive: true });
for (const [folder, lines] of [...totals].sort()) console.log(`${String(lines).padStart(7)}  ${folder}`);
console.log(`${String([...totals.values()].reduce((a, b) => a + b, 0)).padStart(7)}  in all`);
