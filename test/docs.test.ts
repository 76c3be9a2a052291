import { describe, expect, test } from "vitest";
import { commandProblem, documentedCommands } from "./support/doc-commands.ts";
import { linkProblems } from "./support/doc-links.ts";
import { snippetCount, snippetProblems } from "./support/doc-snippets.ts";
import { documentationPages, headingAnchors, type Page } from "./support/markdown.ts";

const pages = documentationPages();
const page = (...lines: string[]): Page => ({ path: "docs/broken.md", text: lines.join("\n") });
const block = (language: string, ...lines: string[]) => page(`\`\`\`${language}`, ...lines, "```");

async function commandProblems(page: Page): Promise<string[]> {
  const said = await Promise.all(documentedCommands(page).map(commandProblem));
  return said.filter((problem) => problem !== undefined);
}

describe("links", () => {
  test("every relative link and picture leads to a file, every anchor to a heading", () => {
    expect(pages.length).toBeGreaterThan(15);
    expect(pages.flatMap(linkProblems)).toEqual([]);
  });

  test("a lost file, picture or heading is found, with its line", () => {
    const broken = page(
      "# A heading",
      "[there](start.md) [here](#a-heading) [web](https://example.org/none.md) `[code](none.md)`",
      "![lost](images/none.png) [lost](none.md#a)",
      '<img src="none.png"> [lost](start.md#none) [lost](#none)',
    );
    expect(linkProblems(broken).sort()).toEqual([
      "docs/broken.md:3: images/none.png: no such file",
      "docs/broken.md:3: none.md#a: no such file",
      "docs/broken.md:4: #none: no such heading",
      "docs/broken.md:4: none.png: no such file",
      "docs/broken.md:4: start.md#none: no such heading",
    ]);
  });

  test("headings get the names that GitHub gives them", () => {
    const text = "# `a.b` & the rest\n## Same\n## Same\n```sh\n# a comment\n```\n## [Link](x.md), twice?";
    expect(headingAnchors(text)).toEqual(["ab--the-rest", "same", "same-1", "link-twice"]);
  });
});

describe("snippets", () => {
  test("every ts and js block compiles against the package, and a wrong one does not", () => {
    const wrong = block(
      "ts",
      'import { FlexVAR } from "flexvar";',
      'const pipe = await FlexVAR.fromPretrained("emoji");',
      'pipe.generate({ classLabels: ["heart"], sede: 3 });',
      'import { none } from "flexvar/web";',
    );
    expect(snippetCount(pages)).toBeGreaterThanOrEqual(7);
    expect(snippetProblems([...pages, wrong])).toEqual([
      expect.stringMatching(/^docs\/broken\.md:4: .*'sede' does not exist/),
      expect.stringMatching(/^docs\/broken\.md:5: .*no exported member 'none'/),
    ]);
  });
});

describe("commands", () => {
  test("every documented command line parses, and the scripts that it names exist", async () => {
    const commands = pages.flatMap(documentedCommands);
    expect(commands.filter(({ words }) => words.includes("flexvar")).length).toBeGreaterThan(40);
    expect((await Promise.all(pages.map(commandProblems))).flat()).toEqual([]);
  });

  test.each([
    ["an unknown command", "npx flexvar genrate --class heart", /unknown command 'genrate'/],
    ["an unknown flag", "npx flexvar generate --class heart --sede 3", /unknown option '--sede'/],
    ["a refused value", "npx flexvar train painter --config a --data b --out c", /'painter' is invalid/],
    ["a missing argument", "npx flexvar repeat --out again", /missing required argument/],
    [
      "an unknown flag after known ones",
      "flexvar train judge --config a --data b --out c --rsume",
      /unknown option '--rsume'/,
    ],
    ["a flag on a continued line", "flexvar generate --class a \\\n  --sede 3 # why", /unknown option '--sede'/],
    ["the second of two commands", "TOKEN=a npx flexvar classes && npx flexvar none", /unknown command 'none'/],
    ["a lost recipe", "node recipes/none.mjs emoji", /no file recipes\/none\.mjs/],
    ["a lost npm script", "npm run none -- --quick", /no script none/],
  ])("%s is found", async (_, line, problem) => {
    expect(await commandProblems(block("sh", "npx flexvar classes   # all of them", line))).toEqual([
      expect.stringMatching(problem),
    ]);
  });

  test("in running text the end may be left out, and flags must exist", async () => {
    expect(await commandProblems(page("`flexvar repeat --out` and `npx flexvar …` and `flexvar train`"))).toEqual([]);
    expect(await commandProblems(page("", "`flexvar repeat --none`"))).toEqual([
      expect.stringMatching(/^docs\/broken\.md:2: .*unknown option '--none'/),
    ]);
  });
});
