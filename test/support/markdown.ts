/** What the checks of the documentation need of a Markdown text: its links, headings, code blocks and inline code. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "./imports.ts";

/** A Markdown text and where it lies, relative to the project's root. */
export interface Page {
  readonly path: string;
  readonly text: string;
}

/** A piece of a page, with the line on which it begins. */
export interface Piece {
  readonly text: string;
  readonly line: number;
}

export interface CodeBlock extends Piece {
  /** The word after the fence, empty where there is none. */
  readonly language: string;
}

/** Every page of the project's documentation. */
export function documentationPages(): Page[] {
  const below = ["bench", "docs", "examples", "models", "recipes"].flatMap((folder) => markdownBelow(folder));
  return ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "NOTICE.md", ...below].map((path) => ({
    path,
    text: readFileSync(join(projectRoot, path), "utf8"),
  }));
}

function markdownBelow(folder: string): string[] {
  return readdirSync(join(projectRoot, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return entry.name === "node_modules" ? [] : markdownBelow(path);
    return entry.name.endsWith(".md") ? [path] : [];
  });
}

/** The fenced code blocks of a text. */
export function codeBlocks(text: string): CodeBlock[] {
  return [...text.matchAll(/^( *)```([^\n`]*)\n(.*?)^\1```[ \t]*$/gms)].map((match) => ({
    language: (match[2] ?? "").trim(),
    text: match[3] ?? "",
    line: lineAt(text, match.index) + 1,
  }));
}

/** The code between single backticks, outside of code blocks. */
export function inlineCode(text: string): Piece[] {
  return found(blanked(text, /^( *)```.*?^\1```[ \t]*$/gms), /`([^`]+)`/g);
}

/** Where links and images lead, code left out: `[a](b)`, `[a]: b`, `<a href="b">`, `<img src="b">`. */
export function linkTargets(text: string): Piece[] {
  const prose = blanked(blanked(text, /^( *)```.*?^\1```[ \t]*$/gms), /`[^`]+`/g);
  return [/\]\(\s*<?([^)\s>]+)/g, /^\[[^\]]+\]:\s+(\S+)/gm, /<(?:a|img)\s[^>]*?(?:href|src)="([^"]+)"/g].flatMap(
    (form) => found(prose, form),
  );
}

/** The names by which the headings of a text are linked to, as GitHub makes them. */
export function headingAnchors(text: string): string[] {
  const counts = new Map<string, number>();
  const headings = found(blanked(text, /^( *)```.*?^\1```[ \t]*$/gms), /^#{1,6} +(.+?)[ #]*$/gm);
  return headings.map(({ text: heading }) => {
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const slug = plain.replace(/[^\p{L}\p{N}\p{M}_ -]/gu, "").replaceAll(" ", "-");
    const count = counts.get(slug) ?? 0;
    counts.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  });
}

function found(text: string, form: RegExp): Piece[] {
  return [...text.matchAll(form)].map((match) => ({ text: match[1] ?? "", line: lineAt(text, match.index) }));
}

/** The text with what matches made empty, its line breaks kept. */
function blanked(text: string, form: RegExp): string {
  return text.replace(form, (match) => match.replace(/[^\n]/g, " "));
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}
