/** Every path that a command takes, given what it does not expect: one line in words, never the system's own, never a stack. */
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCli } from "../../test/support/run-cli.ts";
import { encodePng } from "../image/index.ts";

const golden = (name: string) => fileURLToPath(new URL(`../../test/fixtures/golden/${name}`, import.meta.url));
const configOf = (name: string) => fileURLToPath(new URL(`../../configs/${name}.json`, import.meta.url));
const judge = fileURLToPath(new URL("../../models/judges/fashion", import.meta.url));
let folder = "";
const at = (...parts: string[]): string => join(folder, ...parts);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flexvar-paths-"));
  const picture = encodePng({ width: 64, height: 64, data: new Uint8Array(64 * 64 * 3).fill(90) });
  for (const name of ["good.png", "mask.png", join("pictures", "a", "1.png"), join("pictures", "b", "2.png")]) {
    await mkdir(join(at(name), ".."), { recursive: true });
    await writeFile(at(name), picture);
  }
  for (const ending of ["npz", "json", "html", "png"]) await mkdir(at(`folder.${ending}`));
  await mkdir(at("a-folder"));
  await writeFile(at("a-folder", "text.txt"), "text");
  await writeFile(at("a-file"), "some text");
  await writeFile(at("empty"), "");
  await symlink("nowhere", at("broken-link"));
  await symlink("loop", at("loop"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const TINY = ["--size", "64", "--threads", "1"];
const good = (name: string) => at(name);
const SWEEP = ["sweep", "--vary", "guidance=1,2", "--total", "2", "--against"];
/** What reads: each path alone is bad, the rest would do. */
const READS: readonly (readonly [title: string, argv: (bad: string) => readonly string[]])[] = [
  ["generate --model", (bad) => ["generate", "--class", "0", "--model", bad, "--out", at("o")]],
  ["generate --judge", (bad) => ["generate", "--class", "0", "--best-of", "2", "--judge", bad, "--out", at("o")]],
  ["repeat FILE", (bad) => ["repeat", bad, "--out", at("o")]],
  ["inpaint IMAGE", (bad) => ["inpaint", bad, "--mask", good("good.png"), "--class", "0", "--out", at("o")]],
  ["inpaint --mask", (bad) => ["inpaint", good("good.png"), "--mask", bad, "--class", "0", "--out", at("o")]],
  ["outpaint IMAGE", (bad) => ["outpaint", bad, "--left", "16", "--class", "0", "--out", at("o")]],
  ["expand IMAGE", (bad) => ["expand", bad, "--ratio", "2:1", "--class", "0", "--out", at("o")]],
  ["refine IMAGE", (bad) => ["refine", bad, "--size", "128", "--class", "0", "--out", at("o")]],
  ["score IMAGE", (bad) => ["score", bad, "--class", "0"]],
  ["encode IMAGE", (bad) => ["encode", bad, "--out", at("o.npz")]],
  ["decode TOKENS", (bad) => ["decode", bad, "--out", at("o")]],
  ["classes --model", (bad) => ["classes", "--model", bad]],
  ["info", (bad) => ["info", bad]],
  ["import --tokenizer", (bad) => ["import", "--tokenizer", bad, "--out", at("new")]],
  [
    "import --transformer",
    (bad) => ["import", "--tokenizer", golden("FlexVAE-T-f16.pth"), "--transformer", bad, "--out", at("new")],
  ],
  [
    "import --labels",
    (bad) => ["import", "--tokenizer", golden("FlexVAE-T-f16.pth"), "--labels", bad, "--out", at("new")],
  ],
  ["export", (bad) => ["export", bad, "--out", at("new")]],
  [
    "train --config",
    (bad) => ["train", "transformer", "--config", bad, "--data", good("pictures"), "--out", at("run")],
  ],
  [
    "train --data",
    (bad) => ["train", "transformer", "--config", configOf("pictures-transformer"), "--data", bad, "--out", at("run")],
  ],
  [
    "train judge --data",
    (bad) => ["train", "judge", "--config", configOf("fashion-judge"), "--data", bad, "--out", at("run")],
  ],
  ["sample --model", (bad) => ["sample", "--model", bad, "--total", "2", "--out", at("set.npz")]],
  ["evaluate A", (bad) => ["evaluate", bad, good("pictures"), "--features", judge]],
  ["evaluate B", (bad) => ["evaluate", good("pictures"), bad, "--features", judge]],
  ["evaluate A B without features", (bad) => ["evaluate", bad, bad]],
  ["evaluate --features", (bad) => ["evaluate", good("pictures"), good("pictures"), "--features", bad]],
  [
    "evaluate --weights",
    (bad) => ["evaluate", good("pictures"), good("pictures"), "--features", "inception", "--weights", bad],
  ],
  [
    "evaluate --baseline",
    (bad) => ["evaluate", good("pictures"), good("pictures"), "--features", judge, "--baseline", bad],
  ],
  ["evaluate --tokenizer", (bad) => ["evaluate", good("pictures"), "--tokenizer", bad]],
  [
    "evaluate --against",
    (bad) => ["evaluate", "--model", "emoji", "--against", bad, "--total", "2", "--samples", at("set.npz"), ...TINY],
  ],
  ["judge PICTURES", (bad) => ["judge", bad, "--judge", judge]],
  ["judge --judge", (bad) => ["judge", good("pictures"), "--judge", bad]],
  ["neighbours PICTURES", (bad) => ["neighbours", bad, "--data", good("pictures"), "--out", at("near.png")]],
  ["neighbours --data", (bad) => ["neighbours", good("good.png"), "--data", bad, "--out", at("near.png")]],
  [
    "neighbours --config",
    (bad) => ["neighbours", good("good.png"), "--data", good("pictures"), "--config", bad, "--out", at("near.png")],
  ],
  ["sweep --model", (bad) => [...SWEEP, at("pictures"), "--model", bad, "--out", at("sweep")]],
  ["sweep --against", (bad) => [...SWEEP, bad, "--model", "emoji", "--out", at("sweep")]],
  ["site --model", (bad) => ["site", "--model", bad, "--out", at("site")]],
  ["serve --model", (bad) => ["serve", "--model", bad, "--port", "0"]],
];

const KINDS: readonly (readonly [kind: string, path: () => string])[] = [
  ["nothing", () => at("nothing")],
  ["a folder of other things", () => at("a-folder")],
  ["a file of other things", () => at("a-file")],
  ["an empty file", () => at("empty")],
  ["a broken link", () => at("broken-link")],
  ["a link to itself", () => at("loop")],
  ["a path through a file", () => at("a-file", "inside")],
  ["a name too long", () => at("n".repeat(300))],
  ["a path too long", () => at(...Array.from({ length: 30 }, () => "n".repeat(200)))],
  ["a name with a line break and an escape", () => at("line\nbreak\u001b[2J\u0007.png")],
  ["an empty name", () => ""],
  ["a device of no end", () => "/dev/null"],
];

/** What no message may hold: the system's codes, a stack, this program's word for a fault of its own. */
const RAW = /\bE[A-Z]{3,}\b|\n\s+at |unexpected;|syscall|undefined|\[object/;

async function refused(argv: readonly string[]): Promise<string> {
  const { code, out, err } = await runCli(...argv);
  const failure = err.slice(err.lastIndexOf("flexvar: "));
  expect([code === 1 || code === 2, out], err).toEqual([true, ""]);
  expect(failure, argv.join(" ")).toMatch(/^flexvar: [^\n]+\n$/);
  expect(failure, argv.join(" ")).not.toMatch(RAW);
  expect(failure.slice(0, -1), argv.join(" ")).not.toMatch(/\p{Cc}/u);
  return failure;
}

describe("what is read", () => {
  test.each(READS)(
    "%s",
    async (title, argv) => {
      for (const [kind, path] of KINDS) {
        // One label a line is what such a file holds.
        if (title === "import --labels" && kind === "a file of other things") continue;
        await refused(argv(path())).catch((error: Error) => {
          throw new Error(`${title}, ${kind}: ${error.message}`, { cause: error });
        });
      }
      expect((await readdir(folder)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
    },
    120_000,
  );
});

const evaluation = () => ["evaluate", at("pictures"), at("pictures"), "--features", judge];
const DRAWN = ["generate", "--class", "0", ...TINY];
/** What writes: into a folder, or to a file of the given ending. */
const WRITES: readonly (readonly [title: string, ending: string, argv: (bad: string) => readonly string[]])[] = [
  ["generate --out", "", (bad) => [...DRAWN, "--out", bad]],
  ["generate --trace", ".npz", (bad) => [...DRAWN, "--out", at("drawn"), "--trace", bad]],
  ["generate --best-of --out", "", (bad) => [...DRAWN, "--best-of", "2", "--judge", judge, "--out", bad]],
  ["inpaint --out", "", (bad) => ["inpaint", at("good.png"), "--mask", at("mask.png"), "--class", "0", "--out", bad]],
  ["outpaint --out", "", (bad) => ["outpaint", at("good.png"), "--left", "16", "--class", "0", "--out", bad]],
  ["expand --out", "", (bad) => ["expand", at("good.png"), "--ratio", "2:1", "--class", "0", "--out", bad]],
  ["refine --out", "", (bad) => ["refine", at("good.png"), "--size", "128", "--class", "0", "--out", bad]],
  ["score --out", "", (bad) => ["score", at("good.png"), "--class", "0", "--out", bad]],
  ["encode --out", ".npz", (bad) => ["encode", at("good.png"), "--out", bad]],
  ["import --out", "", (bad) => ["import", "--tokenizer", golden("FlexVAE-T-f16.pth"), "--out", bad]],
  ["export --out", "", (bad) => ["export", "emoji", "--out", bad]],
  [
    "train --out",
    "",
    (bad) => ["train", "tokenizer", "--config", configOf("pictures-tokenizer"), "--data", at("pictures"), "--out", bad],
  ],
  [
    "train judge --out",
    "",
    (bad) => ["train", "judge", "--config", configOf("fashion-judge"), "--data", at("pictures"), "--out", bad],
  ],
  ["sample --out F.npz", ".npz", (bad) => ["sample", "--total", "2", "--out", bad, ...TINY]],
  ["sample --out DIR", "", (bad) => ["sample", "--total", "2", "--out", bad, ...TINY]],
  ["sweep --out", "", (bad) => [...SWEEP, at("pictures"), "--model", "emoji", "--out", bad]],
  ["evaluate --out", ".json", (bad) => [...evaluation(), "--out", bad]],
  ["evaluate --report", ".html", (bad) => [...evaluation(), "--report", bad]],
  ["evaluate --save-statistics", ".npz", (bad) => [...evaluation(), "--save-statistics", bad]],
  ["neighbours --out", ".png", (bad) => ["neighbours", at("good.png"), "--data", at("pictures"), "--out", bad]],
  ["site --out", "", (bad) => ["site", "--model", "emoji", "--out", bad]],
];

describe("what is written", () => {
  test.each(WRITES)(
    "%s",
    async (title, ending, argv) => {
      const kinds: readonly (readonly [kind: string, path: string])[] = [
        ["a path through a file", at("a-file", `inside${ending}`)],
        ["a name too long", at(`${"n".repeat(300)}${ending}`)],
        ["a place where nothing can be made", `/proc/none/made${ending}`],
        ["a place where nothing can be written", ending === "" ? "/proc/self" : `/proc/self/made${ending}`],
        ending === "" ? ["a file", at("a-file")] : ["a folder", at(`folder${ending}`)],
      ];
      for (const [kind, path] of kinds)
        await refused(argv(path)).catch((error: Error) => {
          throw new Error(`${title}, ${kind}: ${error.message}`, { cause: error });
        });
      expect((await readdir(folder)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
      expect(await readFile(at("a-file"), "utf8")).toBe("some text");
    },
    240_000,
  );

  test("the longest name that the file system takes is written", async () => {
    const long = at(`${"é".repeat(125)}.npz`);
    expect(await runCli("encode", at("good.png"), "--out", long, "--quiet")).toEqual({ code: 0, out: "", err: "" });
    expect((await stat(long)).size).toBeGreaterThan(0);
  });
});
