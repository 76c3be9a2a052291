import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Command, CommanderError } from "commander";
import { buildProgram } from "../../src/cli/run.ts";
import { projectRoot } from "./imports.ts";
import { codeBlocks, inlineCode, type Page } from "./markdown.ts";

const { scripts } = JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8"));
const SHELLS = ["sh", "bash", "shell"];

/** A command line of a page, as words. */
export interface DocumentedCommand {
  readonly at: string;
  readonly words: readonly string[];
  /** Variables set in front of it. */
  readonly environment: Readonly<Record<string, string>>;
  /** In running text what must follow may be left out: "`flexvar train --resume` goes on". */
  readonly whole: boolean;
}

/** The command lines of a page: each of its `sh` blocks, and inline code that begins with a program of the project. */
export function documentedCommands(page: Page): DocumentedCommand[] {
  const blocks = codeBlocks(page.text)
    .filter(({ language }) => SHELLS.includes(language))
    .flatMap(({ text, line }) => commandLines(text, line).map((found) => ({ ...found, whole: true })));
  const inline = inlineCode(page.text)
    .filter(({ text }) => /^(npx flexvar|flexvar|npm run|node) \S/.test(text))
    .flatMap(({ text, line }) =>
      commandLines(text.replace(/\s+/g, " "), line).map((found) => ({ ...found, whole: false })),
    );
  return [...blocks, ...inline].map(({ line, ...command }) => ({ at: `${page.path}:${line}`, ...command }));
}

/** What is wrong with a command line: an unknown command, flag, value, npm script or script file; undefined if nothing. */
export async function commandProblem({ at, words, whole }: DocumentedCommand): Promise<string | undefined> {
  const [program, ...rest] = words[0] === "npx" ? words.slice(1) : words;
  const said =
    program === "flexvar"
      ? await flexvarProblem(rest, whole)
      : program === "npm"
        ? npmProblem(rest)
        : program === "node" || program === "sh"
          ? scriptProblem(rest)
          : undefined;
  return said === undefined ? undefined : `${at}: ${words.join(" ")}: ${said}`;
}

async function flexvarProblem(args: readonly string[], whole: boolean): Promise<string | undefined> {
  if (args.length === 0 || args[0] === "…") return undefined;
  const silent = { out: () => {}, err: () => {}, redraws: false, columns: 100 };
  try {
    const program = await buildProgram(args, { terminal: silent, signal: new AbortController().signal });
    doNothing(program);
    await program.parseAsync(args, { from: "user" });
    return undefined;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    const shortened = /^commander\.(missing|optionMissing|help$)/.test(error.code);
    return shortened && !whole ? undefined : error.message;
  }
}

/** Leaves the parsing of every command, and takes away what it does. */
function doNothing(command: Command): void {
  if (command.commands.length === 0) command.action(() => {});
  for (const child of command.commands) doNothing(child);
}

function npmProblem([verb = "", name = ""]: readonly string[]): string | undefined {
  const script = verb === "run" ? name : ["start", "test"].includes(verb) ? verb : undefined;
  return script === undefined || script in scripts ? undefined : `no script ${script} in package.json`;
}

function scriptProblem([file = ""]: readonly string[]): string | undefined {
  return !/\.(mjs|js|sh)$/.test(file) || existsSync(join(projectRoot, file)) ? undefined : `no file ${file}`;
}

type CommandLine = Pick<DocumentedCommand, "words" | "environment"> & { readonly line: number };

/** The simple commands of shell text: continued lines joined, comments left out. */
function commandLines(text: string, firstLine: number): CommandLine[] {
  const commands: CommandLine[] = [];
  let [line, start, words] = [firstLine, firstLine, [] as string[]];
  const end = () => {
    const from = words.findIndex((word) => !/^\w+=/.test(word));
    const environment = Object.fromEntries(words.slice(0, from).map((word) => word.split("=", 2)));
    if (from >= 0) commands.push({ line: start, words: words.slice(from), environment });
    words = [];
  };
  const tokens = /\\\n|\n|#[^\n]*|&&|\|\|?|;|[^\S\n]+|(?:"[^"]*"|'[^']*'|\\.|[^\s;|&"'])+|&/g;
  for (const [token] of text.matchAll(tokens)) {
    if (words.length === 0) start = line;
    line += token.split("\n").length - 1;
    if (/^(\n|&&|\|\|?|;|&)$/.test(token)) end();
    else if (token.trim() !== "" && token !== "\\\n" && !token.startsWith("#")) words.push(unquoted(token));
  }
  end();
  return commands;
}

function unquoted(word: string): string {
  return word.replace(/"([^"]*)"|'([^']*)'|\\(.)/g, (_, double, single, escaped) => double ?? single ?? escaped);
}
