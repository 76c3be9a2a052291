import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runCli } from "../../test/support/run-cli.ts";
import { writeNpz } from "../checkpoint/index.ts";
import { createRandom } from "../sampling/index.ts";

const judge = fileURLToPath(new URL("../../models/judges/fashion", import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flexvar-evaluate-report-"));
  for (const [name, most] of [
    ["dark.npz", 60],
    ["bright.npz", 250],
    ["real.npz", 255],
    ["training.npz", 240],
  ] as const) {
    const random = createRandom(most);
    const data = Uint8Array.from({ length: 30 * 16 * 16 * 3 }, () => random.int(most));
    const labels = BigInt64Array.from({ length: 30 }, (_, i) => BigInt(i % 10));
    // Without a split of its own the held-out side of so few pictures may be empty: it follows from their names.
    const split = Uint8Array.from({ length: 30 }, (_, i) => Number(i >= 25));
    await writeNpz(join(folder, name), {
      arr_0: { dtype: "uint8", shape: [30, 16, 16, 3], data },
      arr_1: { dtype: "int64", shape: [30], data: labels },
      ...(name === "training.npz" ? { split: { dtype: "uint8" as const, shape: [30], data: split } } : {}),
    });
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const at = (name: string): string => join(folder, name);
const evaluate = (set: string, ...argv: string[]) =>
  runCli(
    "evaluate",
    ...[at(set), at("real.npz"), "--features", judge, "--bootstrap", "10", "--threads", "1", "--cache", at("cache")],
    ...argv,
  );

it("writes a page with numbers, the verdict against a baseline, sheets and neighbours", async () => {
  const before = await evaluate("dark.npz", "--out", at("before.json"));
  expect(before.code, before.err).toBe(0);
  const page = at("page.html");
  const more = ["--report", page, "--title", "Noise <b>", "--neighbours", at("training.npz"), "--json"];
  const { code, out, err } = await evaluate("bright.npz", "--baseline", at("before.json"), ...more);
  expect(code, err).toBe(0);
  const html = await readFile(page, "utf8");
  expect(html).toContain("<h1>Noise &lt;b&gt;</h1>");
  expect(html).toContain(`Verdict: ${JSON.parse(out).baseline.verdict}.`);
  const titles = [...html.matchAll(/<h2[^>]*>([^<]*)</g)].map(([, title]) => title);
  expect(titles).toEqual([
    "Against the baseline",
    "Numbers",
    "Classes",
    "Pictures",
    "Nearest neighbours",
    "How this was made",
  ]);
  const alts = [...html.matchAll(/ alt="([^"]*)"/g)].map(([, alt]) => alt);
  expect(alts).toEqual([
    "Sheet of 30 pictures: Pictures",
    "Sheet of 30 pictures: Reference",
    expect.stringMatching(/^12 drawn pictures, each followed by the 3 training pictures nearest to it\./),
  ]);
}, 120_000);
