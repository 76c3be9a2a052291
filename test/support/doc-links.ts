import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { projectRoot } from "./imports.ts";
import { headingAnchors, linkTargets, type Page } from "./markdown.ts";

/** Relative links and images of a page that lead to no file, and `#anchors` that lead to no heading. */
export function linkProblems(page: Page): string[] {
  return linkTargets(page.text).flatMap(({ text: target, line }) => {
    if (/^[a-z][a-z+.-]*:/i.test(target)) return [];
    const [path = "", anchor] = decodeURIComponent(target).split("#");
    const file = join(projectRoot, path === "" ? page.path : join(dirname(page.path), path));
    if (path !== "" && !existsSync(file)) return [`${page.path}:${line}: ${target}: no such file`];
    if (anchor === undefined || !file.endsWith(".md")) return [];
    const text = path === "" ? page.text : readFileSync(file, "utf8");
    return headingAnchors(text).includes(anchor) ? [] : [`${page.path}:${line}: ${target}: no such heading`];
  });
}
