import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCli } from "../../test/support/run-cli.ts";
import { writeNpz } from "../checkpoint/index.ts";
import { createRandom } from "../sampling/index.ts";
import { parseVariation } from "./vary.ts";

describe("parseVariation", () => {
  it("parts values by commas, lists by semicolons, and takes each once", () => {
    expect(parseVariation("guidance=1, 1.5,2,1")).toMatchObject({
      field: "guidance",
      title: "Guidance",
      values: [
        { text: "1", input: { guidance: 1 } },
        { text: "1.5", input: { guidance: 1.5 } },
        { text: "2", input: { guidance: 2 } },
      ],
    });
    expect(parseVariation("scales=1,2;1,2,4x6").values.map(({ text }) => text)).toEqual(["1,2", "1,2,4x6"]);
    expect(parseVariation("guidance=4,2;4..1").values.map(({ input }) => input)).toEqual([
      { guidance: "4,2" },
      { guidance: "4..1" },
    ]);
    expect(parseVariation("entropy-temperature=none;1,2,0.7").values.map(({ text }) => text)).toEqual([
      "none",
      "1,2,0.7",
    ]);
    expect(parseVariation("top-k=0;60").values.map(({ input }) => input)).toEqual([{ topK: 0 }, { topK: 60 }]);
  });

  it.each([
    ["guidance", "expected OPTION=VALUES with one of style, seed, size,"],
    ["class=1,2", "expected OPTION=VALUES with one of"],
    ["steps=", "expected 1 to 100 values of steps"],
    ["steps=6,,8", "expected 1 to 100 values of steps"],
    ["steps=six", 'steps: expected a number, got "six"'],
  ])("refuses %s", (text, message) => {
    expect(() => parseVariation(text)).toThrow(message);
  });
});

const model = fileURLToPath(new URL("../../models/fashion", import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flexvar-sweep-"));
  const random = createRandom(1);
  const data = Uint8Array.from({ length: 20 * 16 * 16 * 3 }, () => random.int(256));
  const labels = BigInt64Array.from({ length: 20 }, (_, i) => BigInt(i % 10));
  await writeNpz(join(folder, "real.npz"), [
    ["arr_0", { dtype: "uint8", shape: [20, 16, 16, 3], data }],
    ["arr_1", { dtype: "int64", shape: [20], data: labels }],
  ]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const sweep = (...argv: string[]) =>
  runCli(
    "sweep",
    ...["--model", model, "--features", "fashion", "--against", join(folder, "real.npz"), "--total", "6"],
    ...["--bootstrap", "4", "--threads", "1", "--out", join(folder, "out"), ...argv],
  );

/** The FID that `sample` and `evaluate` give at a value of guidance. */
async function judgedAlone(guidance: string): Promise<number> {
  const set = join(folder, `guidance-${guidance}.npz`);
  const drawing = ["--scales", "1,2,4", "--guidance", guidance, "--total", "6", "--threads", "1", "--out", set];
  const drawn = await runCli("sample", "--model", model, ...drawing);
  expect(drawn.code, drawn.err).toBe(0);
  const judging = ["--features", "fashion", "--bootstrap", "0", "--threads", "1", "--cache", join(folder, "cache")];
  const judged = await runCli("evaluate", set, join(folder, "real.npz"), ...judging, "--json");
  expect(judged.code, judged.err).toBe(0);
  return JSON.parse(judged.out).fid;
}

it("draws and judges a set at each value once, and shows them on a page", async () => {
  const page = join(folder, "page", "sweep.html");
  const plots = join(folder, "plots.svg");
  const vary = ["--scales", "1,2,4", "--vary", "guidance=1,3", "--vary", "top-k=60"];
  const first = await sweep(...vary, "--guidance", "3", "--json", "--report", page, "--plots", plots);
  expect(first.code, first.err).toBe(0);
  const { sweeps, files } = JSON.parse(first.out);
  expect(files).toEqual([page, plots]);
  expect(await readFile(plots, "utf8")).toContain("<desc>FID by Guidance. 1: ");
  expect(sweeps.map(({ option }: { option: string }) => option)).toEqual(["guidance", "top-k"]);
  const [guidance, topK] = sweeps.map(({ values }: { values: { file: string; fid: number }[] }) => values);
  expect(guidance[0].fid).not.toBe(guidance[1].fid);
  expect(await judgedAlone("1")).toBe(guidance[0].fid);
  // Guidance 3 with the model's own top-k of 60 is drawn and judged once.
  expect(topK[0]).toEqual({ ...guidance[1], value: "60" });
  expect(guidance[0].intervals.fid).toHaveLength(2);
  const html = await readFile(page, "utf8");
  expect(html).toContain('aria-label="FID by Guidance. 1: ');
  expect(html).toContain('alt="Sheet of 6 pictures: Top k 60"');
  expect(first.err.match(/6 pictures to draw/g)).toHaveLength(2);
  const again = await sweep(...vary, "--guidance", "3", "--json");
  expect(again.err).not.toContain("pictures to draw");
  expect(JSON.parse(again.out).sweeps).toEqual(sweeps);
}, 240_000);

it("refuses before it draws what the model cannot, and flags without their page", async () => {
  const wrong = await sweep("--scales", "1,2,4", "--vary", "top-p=0.5,3");
  expect([wrong.code, wrong.err]).toEqual([
    2,
    expect.stringContaining("--top-p: expected a number from 0 to 1, got 3"),
  ]);
  expect(wrong.err).not.toContain("pictures to draw");
  const lonely = await sweep("--vary", "steps=6", "--neighbours", "x");
  expect([lonely.code, lonely.err]).toEqual([
    2,
    expect.stringContaining("--neighbours: expected it with --report only"),
  ]);
  const { code, err } = await sweep("--vary", "steps=6", "--report", "page.pdf");
  expect([code, err]).toEqual([
    2,
    expect.stringContaining('--report: expected a name ending in .html, got "page.pdf"'),
  ]);
}, 120_000);
