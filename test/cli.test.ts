import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { npyArray, openTensorFile, readNpz, writeNpz } from "../src/checkpoint/index.ts";
import { encodePng, loadRgb, planarToRgb, readPngText, readSettings, toByte } from "../src/image/node.ts";
import { buildCli, type CliResult, flexvar } from "./support/cli.ts";
import { floats, goldenNpz, integers } from "./support/golden-npz.ts";
import { projectRoot } from "./support/imports.ts";

const golden = (name: string) => join(projectRoot, "test", "fixtures", "golden", name);
const SMALL = ["--size", "64", "--scales", "1,2,4"];
let folder = "";
const cli = (...args: string[]): Promise<CliResult> => flexvar(folder, args);
const at = (...parts: string[]): string => join(folder, ...parts);
const ok = async (...args: string[]): Promise<CliResult> => {
  const result = await cli(...args);
  expect(result.stderr).not.toMatch(/^flexvar:/m);
  expect(result.code).toBe(0);
  return result;
};
const numbers = (data: ArrayLike<number> | BigInt64Array): number[] => Array.from(data as BigInt64Array, Number);

beforeAll(async () => {
  await buildCli();
  folder = await mkdtemp(join(tmpdir(), "flexvar-cli-"));
  await writeFile(
    at("names.txt"),
    ["ant", "bee", "cat face", "dog", "elk", "fox", "gnu", "hen", "ibex", "jay"].join("\n"),
  );
  const files = ["--tokenizer", golden("FlexVAE-T-f16.pth"), "--transformer", golden("FlexVAR-T-plain-f16.pth")];
  await ok("import", ...files, "--labels", "names.txt", "--out", "model");
}, 180_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

describe("generate", () => {
  test("writes exactly its pictures; the same request gives the same bytes; a longer run keeps the earlier ones", async () => {
    const base = ["generate", "--model", "model", ...SMALL, "--seed", "7"];
    const [first, again, longer] = await Promise.all([
      ok(...base, "--class", "cat-face,3", "--out", "a"),
      ok(...base, "--class", "2", "--class", "DOG", "--out", "b", "--threads", "1"),
      ok(...base, "--class", "2,3,fox", "--count", "2", "--batch", "1", "--out", "c"),
    ]);
    expect([first.stdout, again.stdout, longer.stdout]).toEqual(["", "", ""]);
    expect((await readdir(at("a"))).sort()).toEqual(["000.png", "001.png"]);
    expect(await readFile(at("a", "000.png"))).toEqual(await readFile(at("b", "000.png")));
    expect(await readFile(at("a", "001.png"))).toEqual(await readFile(at("b", "001.png")));
    // Class by class, then by count: 2, 2, 3, 3, 5, 5, one at a time.
    const names = ["000.png", "001.png", "002.png", "003.png", "004.png", "005.png"];
    expect((await readdir(at("c"))).sort()).toEqual(names);
    const drawn = await Promise.all(names.map((name) => readFile(at("c", name))));
    expect(drawn[0]).toEqual(await readFile(at("a", "000.png")));
    expect(drawn[2]).toEqual(await readFile(at("a", "001.png")));
    expect(new Set(drawn.map((bytes) => bytes.toString("latin1"))).size).toBe(6);
  });

  test("a batch draws the tokens of single runs", async () => {
    const base = ["generate", "--model", "model", ...SMALL, "--class", "0,3,9", "--seed", "11", "--quiet"];
    await Promise.all([
      ok(...base, "--out", "d8", "--trace", "t8.npz"),
      ok(...base, "--out", "d1", "--trace", "t1.npz", "--batch", "1"),
    ]);
    const [together, single] = [await readNpz(at("t8.npz")), await readNpz(at("t1.npz"))];
    for (const name of ["scales", "tokens_00", "tokens_01", "tokens_02"])
      expect(single.get(name)).toEqual(together.get(name));
    expect(numbers(together.get("tokens_02")!.data as BigInt64Array).length).toBe(3 * 16);
  });

  test.each([
    ["s4_var15", ["--guidance", "1.5"]],
    ["s4_llama4", ["--guidance", "4", "--guidance-mode", "constant"]],
    ["s4_invalid", ["--guidance", "1.5", "--forbid", "53,52,42"]],
  ])("the trace of the greedy run %s is the golden one", async (name, flags) => {
    const out = `golden-${name}`;
    const scales = ["--scales", "1,2,3,4", "--greedy", "1,2,3,4"];
    await ok(
      "generate",
      "--model",
      "model",
      "--class",
      "0,3",
      ...scales,
      ...flags,
      "--out",
      out,
      "--trace",
      `${out}/t.npz`,
    );
    const [trace, run] = [await readNpz(at(out, "t.npz")), await goldenNpz("ar_greedy.npz")];
    expect(trace.get("scales")).toMatchObject({ dtype: "int64", shape: [4, 2] });
    expect(numbers(trace.get("scales")!.data as BigInt64Array)).toEqual([1, 1, 2, 2, 3, 3, 4, 4]);
    const [tokens, logits] = [integers(run, `${name}.tokens`), floats(run, `${name}.logits`)];
    let begin = 0;
    for (const [i, side] of [1, 2, 3, 4].entries()) {
      const l = side * side;
      const [ids, values] = [trace.get(`tokens_0${i}`)!, trace.get(`logits_0${i}`)!];
      expect(ids).toMatchObject({ dtype: "int64", shape: [2, side, side] });
      expect(values).toMatchObject({ dtype: "float32", shape: [2, l, 64] });
      for (const b of [0, 1]) {
        expect(numbers(ids.data as BigInt64Array).slice(b * l, (b + 1) * l)).toEqual(
          tokens.slice(b * 30 + begin, b * 30 + begin + l),
        );
        const expected = logits.subarray((b * 30 + begin) * 64, (b * 30 + begin + l) * 64);
        expect(furthest(values.data.subarray(b * l * 64, (b + 1) * l * 64) as Float32Array, expected)).toBeLessThan(
          1e-3,
        );
      }
      begin += l;
    }
    const image = trace.get("image")!;
    expect(image).toMatchObject({ dtype: "float32", shape: [2, 3, 64, 64] });
    if (run.has(`${name}.image`))
      expect(furthest(image.data as Float32Array, floats(run, `${name}.image`))).toBeLessThan(1e-4);
  });

  test("previews and sheet go into subfolders; --json is one document that names every file", async () => {
    const args = ["--class", "0,1", "--count", "2", "--size", "60x50", "--steps", "6"];
    const { stdout } = await ok("generate", "--model", "model", ...args, "--grid", "--preview", "--json", "--out", "e");
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ command: "generate", settings: { seed: 0, size: "60x50", guidance_scale: 2.5 } });
    const scales = report.settings.scales.split(",").length;
    const files = await readdir(at("e"), { recursive: true, withFileTypes: true });
    const found = files.filter((f) => f.isFile()).map((f) => join(f.parentPath, f.name));
    expect(report.files.map((file: string) => at(file)).sort()).toEqual(found.sort());
    expect(found.length).toBe(4 + 4 * scales + 1);
    expect(
      report.pictures.map((p: { class: string; index_within_class: number }) => [p.class, p.index_within_class]),
    ).toEqual([
      ["ant", 0],
      ["ant", 1],
      ["bee", 0],
      ["bee", 1],
    ]);
    expect(report.timings_ms.runtime).toBeGreaterThan(0);
    expect(report.timings_ms.total).toBeGreaterThan(report.timings_ms.runtime);
    expect(report.peak_rss_bytes).toBeGreaterThan(1e7);
    const picture = await loadRgb(at("e", "000.png"));
    expect([picture.width, picture.height]).toEqual([60, 50]);
    const sheet = await loadRgb(at("e", "sheet", "sheet.png"));
    expect([sheet.width, sheet.height]).toEqual([2 * 64 + 4, 2 * 54 + 4]);
  });

  test("embeds settings without time or path, from which repeat draws the same bytes; --no-metadata leaves them out", async () => {
    const base = ["generate", "--model", "model", "--class", "gnu", "--count", "3", "--size", "96x48", "--steps", "7"];
    await Promise.all([
      ok(...base, "--seed", "5", "--out", "f"),
      ok(...base, "--no-metadata", "--quiet", "--out", "g"),
    ]);
    const original = await readFile(at("f", "002.png"));
    expect(readSettings(original)).toMatchObject({
      class: "gnu",
      class_id: 6,
      index_within_class: 2,
      seed: 5,
      size: "96x48",
    });
    expect(original.toString("latin1")).not.toContain(folder);
    expect([...readPngText(original).keys()]).toEqual(["parameters", "flexvar"]);
    expect(readPngText(await readFile(at("g", "000.png"))).size).toBe(0);
    await ok("repeat", "f/002.png", "--model", "model", "--out", "again");
    expect(await readFile(at("again", "000.png"))).toEqual(original);
    const bare = await cli("repeat", "g/000.png", "--model", "model");
    expect([bare.code, bare.stderr]).toEqual([1, expect.stringMatching(/^flexvar: g\/000\.png: .*expected settings/)]);
  });

  test("--quiet says nothing; pictures of earlier runs are named otherwise", async () => {
    const base = ["generate", "--model", "model", ...SMALL, "--out", "h", "--class"];
    expect(await ok(...base, "0,1", "--quiet")).toEqual({ code: 0, stdout: "", stderr: "" });
    expect((await ok(...base, "0")).stderr).toMatch(/1 picture in h .*\nh also holds 1 of earlier runs: 001\.png\n$/);
  });

  test("an interrupted run stops at a scale with exit 130 and leaves whole files only", async () => {
    const args = ["generate", "--model", "model", "--class", "0,1,2,3,4,5,6,7,8,9", "--count", "40", "--batch", "1"];
    let sent = false;
    const result = await flexvar(folder, [...args, "--out", "i", "--trace", "i/t.npz"], (child, stderr) => {
      if (!sent && stderr.includes("%")) child.kill("SIGINT");
      sent ||= stderr.includes("%");
    });
    expect(result.code).toBe(130);
    expect(result.stderr.trim().split("\n").at(-1)).toBe("flexvar: stopped by SIGINT; files already written are whole");
    const names = await readdir(at("i"));
    expect(names.length).toBeLessThan(400);
    expect(names.filter((name) => !/^\d{3}\.png$/.test(name))).toEqual([]);
    for (const name of names) expect((await loadRgb(at("i", name))).width).toBe(256);
    expect((await readdir(at("model"))).sort()).toEqual([
      "README.md",
      "config.json",
      "tokenizer.safetensors",
      "transformer.safetensors",
    ]);
  });
});

describe("encode and decode", () => {
  test("tokens of a PNG are the golden ones wherever 8 bits cannot tip the choice", async () => {
    const arrays = await goldenNpz("tokenizer.npz");
    const planes = { data: floats(arrays, "img_sq"), batch: 1, height: 64, width: 64 };
    await writeFile(at("square.png"), encodePng(planarToRgb(planes)));
    await ok("encode", "square.png", "--model", "model", "--scales", "1,2,3,4", "--out", "deep/er/square.npz");
    const tokens = await readNpz(at("deep", "er", "square.npz"));
    const ids = [0, 1, 2, 3].flatMap((i) => numbers(tokens.get(`tokens_0${i}`)!.data as BigInt64Array));
    const gaps = floats(arrays, "ms_gap_sq_1_2_3_4");
    const clear = [...gaps.keys()].filter((i) => gaps[i]! > 0.05);
    const expected = integers(arrays, "ms_idx_sq_1_2_3_4");
    expect(clear.length).toBeGreaterThan(15);
    expect(clear.map((i) => ids[i])).toEqual(clear.map((i) => expected[i]));
  });

  test("pictures of golden tokens are the golden ones, of one scale or of all", async () => {
    const arrays = await goldenNpz("tokenizer.npz");
    const tokens = (name: string, shape: number[]) =>
      npyArray("int64", shape, new Uint8Array(BigInt64Array.from(integers(arrays, name), BigInt).buffer));
    await writeNpz(at("rand.npz"), {
      scales: npyArray("int64", [2, 2], new Uint8Array(BigInt64Array.of(3n, 2n, 4n, 6n).buffer)),
      tokens_00: tokens("rand_idx_3x2", [1, 3, 2]),
      tokens_01: tokens("rand_idx_4x6", [1, 4, 6]),
    });
    const [, , { stdout }] = await Promise.all([
      ok("decode", "rand.npz", "--model", "model", "--out", "last"),
      ok("decode", "rand.npz", "--model", "model", "--scale", "0", "--out", "first"),
      ok("decode", "rand.npz", "--model", "model", "--scale", "all", "--out", "all", "--json"),
    ]);
    expect(JSON.parse(stdout).files).toEqual([join("all", "000_00.png"), join("all", "000_01.png")]);
    for (const [file, name] of [
      ["last/000.png", "rand_dec_4x6"],
      ["first/000.png", "rand_dec_3x2"],
      ["all/000_01.png", "rand_dec_4x6"],
    ]) {
      const picture = await loadRgb(at(file!));
      const plane = picture.width * picture.height;
      const expected = Uint8Array.from(floats(arrays, name!), toByte);
      const planar = Uint8Array.from(expected, (_, i) => picture.data[(i % plane) * 3 + Math.floor(i / plane)]!);
      expect(furthest(planar, expected)).toBeLessThanOrEqual(1);
    }
  });

  test("a picture of any size is cropped around its centre, and that is said", async () => {
    const noisy = {
      data: Uint8Array.from({ length: 70 * 100 * 3 }, (_, i) => (i * 7919) % 251),
      width: 100,
      height: 70,
    };
    await writeFile(at("odd.png"), encodePng(noisy));
    const { stdout, stderr } = await ok("encode", "odd.png", "--model", "model", "--json");
    expect(stderr).toContain("cropped from 100x70 to 96x64 (multiples of 16)");
    expect(JSON.parse(stdout)).toMatchObject({
      files: ["odd.npz"],
      settings: { crop: { left: 2, top: 3, width: 96, height: 64 } },
    });
    const scales = numbers((await readNpz(at("odd.npz"), ["scales"])).get("scales")!.data as BigInt64Array);
    expect(scales.slice(-2)).toEqual([4, 6]);
  });
});

describe("models", () => {
  test("export and import again: every tensor bit-equal", async () => {
    await ok("export", "model", "--out", "pth");
    const files = ["--tokenizer", "pth/tokenizer.pth", "--transformer", "pth/transformer.pth"];
    const { stdout } = await ok("import", ...files, "--out", "model2", "--json");
    expect(JSON.parse(stdout)).toMatchObject({
      tokenizer_parameters: 1330923,
      config: { dtype: "float16", trained_side: 16 },
    });
    for (const name of ["tokenizer.safetensors", "transformer.safetensors"]) {
      const [a, b] = [await openTensorFile(at("model", name)), await openTensorFile(at("model2", name))];
      expect([...b.tensors.keys()].sort()).toEqual([...a.tensors.keys()].sort());
      for (const [key, tensor] of a.tensors)
        expect(Buffer.compare(await tensor.read(), await b.tensors.get(key)!.read())).toBe(0);
      await Promise.all([a.close(), b.close()]);
    }
  });

  test("info tells the same of a folder and of the files it came from", async () => {
    const [folderText, tokenizerText, transformerText, human] = await Promise.all([
      ok("info", "model", "--json"),
      ok("info", golden("FlexVAE-T-f16.pth"), "--json"),
      ok("info", golden("FlexVAR-T-trainer.pth"), "--json"),
      ok("info", "model"),
    ]);
    const [model, tokenizer, transformer] = [folderText, tokenizerText, transformerText].map(({ stdout }) =>
      JSON.parse(stdout),
    );
    expect(model).toMatchObject({
      kind: "model",
      codebook: [64, 8],
      labels: 10,
      trained_size: 256,
      parameters: 1330923 + 768452,
    });
    expect(tokenizer).toMatchObject({
      kind: "tokenizer",
      parameters: 1330923,
      config: model.config.tokenizer,
      codebook: [64, 8],
    });
    expect(transformer).toMatchObject({
      kind: "transformer",
      parameters: 768452,
      config: model.config.transformer,
      buffers: 3,
    });
    expect(transformer.dtypes).toEqual({ float32: transformer.tensors });
    expect(human.stdout).toMatch(/^codebook +64 x 8$/m);
  });

  test("every command that draws or edits is held to --memory before it draws", async () => {
    await ok("generate", "--model", "model", ...SMALL, "--class", "1", "--out", "held");
    await ok("refine", "held/000.png", "--size", "128", "--model", "model", "--class", "1", "--out", "held-2");
    const most = ["--memory", "20MB", "--model", "model"];
    const refused = await Promise.all([
      cli("generate", "--class", "1", ...most, "--out", "not"),
      cli("repeat", "held/000.png", ...most, "--out", "not"),
      cli("repeat", "held-2/000.png", "--image", "held/000.png", ...most, "--out", "not"),
      cli("sample", "--total", "2", ...most, "--out", "not"),
      cli("refine", "held/000.png", "--size", "128", ...most, "--out", "not"),
      cli("encode", "held/000.png", ...most, "--out", "not.npz"),
      cli("score", "held/000.png", "--class", "1", ...most),
    ]);
    for (const { code, stderr } of refused) {
      expect(stderr).toMatch(/^flexvar: --memory: expected more than .+, got 20 MB/m);
      expect(code).toBe(2);
    }
    await expect(readdir(at("not"))).rejects.toThrow("ENOENT");
  });

  test("classes lists groups and styles beside the classes", async () => {
    await cp(at("model"), at("grouped"), { recursive: true });
    const config = JSON.parse(await readFile(at("grouped", "config.json"), "utf8"));
    config.groups = { "four legs": ["cat face", "dog", "elk"], flying: ["bee", "hen", "jay"] };
    await writeFile(at("grouped", "config.json"), JSON.stringify(config));
    const [all, some] = [
      await ok("classes", "--model", "grouped", "--json"),
      await ok("classes", "LEGS", "--model", "grouped"),
    ];
    expect(JSON.parse(all.stdout)).toMatchObject({ groups: config.groups, styles: [] });
    expect(some.stdout).toBe("group\tfour legs\tcat face, dog, elk\n");
    const drawn = await ok(
      "generate",
      "--model",
      "grouped",
      ...SMALL,
      "--class",
      "four-legs",
      "--count",
      "3",
      "--json",
      "--out",
      "legs",
    );
    const pictures = JSON.parse(drawn.stdout).pictures as { class: string; group: string }[];
    expect(pictures.map((one) => one.class).sort()).toEqual(["cat face", "dog", "elk"]);
    expect(pictures.every(({ group }) => group === "four legs")).toBe(true);
  });

  test("classes lists ids and names, all or those that match", async () => {
    const [all, some, none] = await Promise.all([
      ok("classes", "--model", "model", "--json"),
      ok("classes", "CAT_f", "--model", "model"),
      cli("classes", "foxx", "--model", "model"),
    ]);
    expect(JSON.parse(all.stdout)).toMatchObject({
      num_classes: 10,
      classes: expect.arrayContaining([{ id: 9, label: "jay" }]),
    });
    expect(some.stdout).toBe("2\tcat face\n");
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('did you mean "fox"')]);
  });
});

describe("what cannot be done is refused in one line", () => {
  test.each([
    ["an unknown class", ["generate", "--class", "cat-fase"], 2, /^flexvar: --class: expected a class.*"cat face"/],
    ["an id out of range", ["generate", "--class", "10"], 2, /--class: expected an id from 0 to 9, got 10/],
    ["too many steps", ["generate", "--class", "1", "--steps", "20"], 2, /--steps: .*at most 14.*got 20/],
    ["a wrong size", ["generate", "--class", "1", "--size", "64y32"], 2, /--size: expected a size such as.*"64y32"/],
    ["a device", ["generate", "--class", "1", "--device", "tpu"], 2, /--device: expected one of auto, cpu,.*tpu/],
    ["a dtype", ["generate", "--class", "1", "--dtype", "int4"], 2, /--dtype: expected .*fp32.*int4/],
    ["a missing picture", ["encode", "none.png"], 1, /none\.png: expected a readable picture/],
    [
      "a scale that is not there",
      ["decode", "SCALES", "--scale", "9"],
      2,
      /--scale: expected a number from 0 to 0, or all/,
    ],
  ])("%s", async (_, args, code, message) => {
    await writeNpz(at("one.npz"), {
      scales: npyArray("int64", [1, 2], new Uint8Array(BigInt64Array.of(1n, 1n).buffer)),
      tokens_00: npyArray("int64", [1, 1, 1], new Uint8Array(8)),
    });
    const result = await cli(...args.map((arg) => (arg === "SCALES" ? "one.npz" : arg)), "--model", "model", "--quiet");
    expect(result).toMatchObject({ code, stdout: "" });
    expect(result.stderr).toMatch(message);
    expect(result.stderr.trim().split("\n").length).toBe(1);
  });

  test("a model folder cut short, codes that are none, and a folder where a file is in the way", async () => {
    await writeFile(at("file"), "");
    await writeNpz(at("wild.npz"), {
      scales: npyArray("int64", [1, 2], new Uint8Array(BigInt64Array.of(1n, 1n).buffer)),
      tokens_00: npyArray("int64", [1, 1, 1], new Uint8Array(BigInt64Array.of(64n).buffer)),
    });
    const bytes = await readFile(golden("FlexVAR-T-plain-f16.pth"));
    await writeFile(at("cut.pth"), bytes.subarray(0, bytes.length / 2));
    const [cut, wild, inTheWay] = await Promise.all([
      cli("import", "--tokenizer", golden("FlexVAE-T-f16.pth"), "--transformer", "cut.pth", "--out", "half"),
      cli("decode", "wild.npz", "--model", "model", "--out", "wild"),
      cli("generate", "--model", "model", "--class", "0", ...SMALL, "--out", "file/x"),
    ]);
    expect([cut.code, cut.stderr]).toEqual([1, expect.stringMatching(/^flexvar: cut\.pth: expected/m)]);
    expect([wild.code, wild.stderr]).toEqual([1, expect.stringMatching(/wild\.npz: .*code ids from 0 to 63, got 64/)]);
    expect([inTheWay.code, inTheWay.stderr]).toEqual([1, expect.stringMatching(/file.x: .*is a file, not a folder/)]);
    expect((await readdir(folder)).filter((name) => name.startsWith("half") || name.startsWith("."))).toEqual([]);
  });
});

/** Largest difference of two arrays of one length. */
function furthest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i]! - b[i]!));
  return most;
}
