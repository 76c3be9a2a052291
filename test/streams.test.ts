/** What the binary does where its output, or its input, is no plain file: full devices, readers that leave, pipes. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodePng } from "../src/image/index.ts";
import { buildCli } from "./support/cli.ts";
import { projectRoot } from "./support/imports.ts";

const cli = join(projectRoot, "dist", "cli", "main.js");
let folder = "";
beforeAll(async () => {
  await buildCli();
  folder = await mkdtemp(join(tmpdir(), "flexvar-streams-"));
  const data = new Uint8Array(64 * 64 * 3).fill(120);
  await writeFile(join(folder, "a.png"), encodePng({ width: 64, height: 64, data }));
}, 300_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs bash text in which `flexvar` is the built binary; the exit code is that of the first command of a pipeline. */
function bash(text: string): Promise<{ code: number; stdout: string; stderr: string }> {
  const script = `flexvar() { "${process.execPath}" "${cli}" "$@"; }; ${text}`;
  return new Promise((resolve) => {
    execFile("bash", ["-c", script], { cwd: folder }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

const FULL = "flexvar: standard output: could not be written: the disk is full\n";

describe.skipIf(process.platform !== "linux")("streams", () => {
  test.each(["classes", "classes --json", "--help", "--version", "info emoji", "help generate"])(
    "%s > /dev/full says that the disk is full",
    async (command) => {
      expect(await bash(`flexvar ${command} > /dev/full`)).toEqual({ code: 1, stdout: "", stderr: FULL });
    },
    60_000,
  );

  test("messages that cannot be written change nothing", async () => {
    const { code, stdout } = await bash("flexvar encode a.png --out b.npz --json 2> /dev/full");
    expect([code, JSON.parse(stdout).files]).toEqual([0, ["b.npz"]]);
    const failing = await bash("flexvar encode none.png 2> /dev/full > /dev/full");
    expect(failing).toEqual({ code: 1, stdout: "", stderr: "" });
  }, 60_000);

  test("a reader that leaves ends the output without a word", async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: bash's own variable.
    const ended = await bash('flexvar classes --json | head -1; exit "${PIPESTATUS[0]}"');
    expect(ended).toEqual({ code: 0, stdout: "{\n", stderr: "" });
    // biome-ignore lint/suspicious/noTemplateCurlyInString: bash's own variable.
    const closed = await bash('flexvar classes | true; exit "${PIPESTATUS[0]}"');
    expect(closed).toEqual({ code: 0, stdout: "", stderr: "" });
  }, 60_000);

  test("pictures and settings are read from pipes, and texts go into them", async () => {
    const { code, stderr } = await bash("flexvar encode <(cat a.png) --out piped.npz --quiet");
    expect([code, stderr]).toEqual([0, ""]);
    await bash("flexvar encode a.png --out plain.npz --quiet");
    expect(await readFile(join(folder, "piped.npz"))).toEqual(await readFile(join(folder, "plain.npz")));
    const refused = await bash("flexvar decode <(cat plain.npz) --out d");
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringMatching(/^flexvar: \/dev\/fd\/\d+: expected a file, got a pipe or device, [^\n]+\n$/),
    ]);
  }, 120_000);
});
