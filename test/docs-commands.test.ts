/** Every command of the documentation's `sh` blocks, carried out in order in one folder of small stand-ins. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildCli } from "./support/cli.ts";
import { documentedCommands } from "./support/doc-commands.ts";
import { writeDocumentationFolder } from "./support/doc-folder.ts";
import { carryOut, type Ended, type Server, startServing } from "./support/doc-run.ts";
import { reasonNotToRun, servers, standIns, unusedRows, verdicts, withStandIns } from "./support/doc-stand-ins.ts";
import { documentationPages } from "./support/markdown.ts";

/** Some of the project's own programs, and calls of its server. */
const PROGRAMS = /^(npx flexvar|flexvar|node (recipes|examples)\/\S+|curl) ?/;
const curl = await carryOut(["curl", "--version"], tmpdir()).then(
  ({ code }) => code === 0,
  () => false,
);
const noCurl = !curl && process.env.FLEXVAR_REQUIRE_CURL === undefined;

const documented = documentationPages()
  .flatMap(documentedCommands)
  .filter(({ whole }) => whole);
const toRun = documented.filter(({ words }) => reasonNotToRun(words) === undefined);
let folder = "";
/** The one that was started last; it answers until the next is started. */
let server: Server | undefined;
/** Commands that have been carried out: pages that show the same one share what it made. */
const done = new Set<string>();

beforeAll(async () => {
  await buildCli();
  folder = await mkdtemp(join(tmpdir(), "flexvar-docs-"));
  await writeDocumentationFolder(folder);
}, 180_000);

afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** What a program says that ends well is nothing of errors or stacks. */
function expectGood({ code, said }: Ended, codes: readonly number[] = [0]): void {
  expect(said).not.toMatch(/^(flexvar|npm|npx|node): |\b\w*Error\b|^\s+at .*:\d+:\d+/m);
  expect(codes, said).toContain(code);
}

async function serve(words: readonly string[], environment: NodeJS.ProcessEnv): Promise<void> {
  const before = server;
  server = undefined;
  if (before !== undefined) expectGood(await before.stop());
  server = await startServing(words, folder, environment);
  expect((await fetch(server.url)).status).toBe(200);
}

test("every documented line is a program of the project, or listed with the reason why it is not carried out", () => {
  expect(toRun.length).toBeGreaterThan(50);
  expect(toRun.map(({ words }) => words.join(" ")).filter((line) => !PROGRAMS.test(line))).toEqual([]);
});

test("every row of the table is used by a page", () => {
  expect(unusedRows(documented.map(({ words }) => words))).toEqual([]);
});

const named = toRun.map((command) => [command.at, command.words.join(" "), command] as const);
test.each(named)(
  "%s: %s",
  async (_at, _line, { words, environment }) => {
    const ours = withStandIns(words);
    const line = ours.join(" ");
    if (done.has(line) || (noCurl && ours[0] === "curl")) return;
    done.add(line);
    if (servers.some((start) => line.startsWith(start))) return serve(ours, environment);
    const origin = server === undefined ? "" : new URL(server.url).origin;
    const filled = ours.map((word) => word.replace("http://SERVER", origin));
    expectGood(await carryOut(filled, folder), verdicts.some((start) => line.startsWith(start)) ? [0, 1] : [0]);
  },
  120_000,
);

test("the last server ends when it is told to", async () => {
  const last = server;
  server = undefined;
  if (last !== undefined) expectGood(await last.stop());
});

test("a row replaces words whole lines through, in the table's order", () => {
  expect(withStandIns(["npx", "flexvar", "serve", "--port", "8080"])).toEqual([
    "npx",
    "flexvar",
    "serve",
    "--port",
    "0",
  ]);
  expect(withStandIns(["--config", "configs/NAME-tokenizer.json"])).toEqual([
    "--config",
    "configs/fashion-tokenizer.json",
  ]);
  expect(standIns.every(({ why }) => why.length > 5)).toBe(true);
});
