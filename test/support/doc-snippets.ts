import { join } from "node:path";
import ts from "typescript";
import { projectRoot } from "./imports.ts";
import { codeBlocks, type Page } from "./markdown.ts";

const EXTENSIONS: Readonly<Record<string, string>> = { ts: "ts", typescript: "ts", js: "js", javascript: "js" };

interface Snippet {
  readonly page: string;
  readonly line: number;
  readonly code: string;
  /** The file that it would be: a module beside package.json. */
  readonly file: string;
}

/**
 * What the compiler says against the `ts` and `js` blocks of pages, each a module of its own which is checked against the
 * package's sources under the project's own options.
 */
export function snippetProblems(pages: readonly Page[]): string[] {
  const snippets = pages.flatMap(snippetsOf);
  const program = compile(snippets);
  return snippets.flatMap(({ page, line, file }) => {
    const source = program.getSourceFile(file);
    if (source === undefined) return [`${page}:${line}: not compiled`];
    const said = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    return said.map(({ start, messageText }) => {
      const at = line + source.getLineAndCharacterOfPosition(start ?? 0).line;
      return `${page}:${at}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`;
    });
  });
}

/** How many blocks of the pages are checked. */
export function snippetCount(pages: readonly Page[]): number {
  return pages.flatMap(snippetsOf).length;
}

function snippetsOf(page: Page): Snippet[] {
  return codeBlocks(page.text).flatMap(({ language, text, line }) => {
    const extension = EXTENSIONS[language];
    if (extension === undefined) return [];
    const file = join(projectRoot, `${page.path.replace(/\W/g, "-")}-${line}.${extension}`);
    return [{ page: page.path, line, code: text, file }];
  });
}

function compile(snippets: readonly Snippet[]): ts.Program {
  const config = ts.readConfigFile(join(projectRoot, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config.config, { ...ts.sys, readDirectory: () => [] }, projectRoot);
  // A block without an import is a module too: it may await at its top and shares no names with another.
  const checked = { ...options, allowJs: true, checkJs: true, moduleDetection: ts.ModuleDetectionKind.Force };
  const texts = new Map(snippets.map(({ file, code }) => [file, code]));
  const disk = ts.createCompilerHost(checked);
  const host: ts.CompilerHost = {
    ...disk,
    fileExists: (file) => texts.has(file) || disk.fileExists(file),
    readFile: (file) => texts.get(file) ?? disk.readFile(file),
    getSourceFile(file, target, ...rest) {
      const text = texts.get(file);
      return text === undefined ? disk.getSourceFile(file, target, ...rest) : ts.createSourceFile(file, text, target);
    },
  };
  return ts.createProgram([...texts.keys()], checked, host);
}
