import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "../../test/support/run-cli.ts";
import { encodePng, readSettings, settingsText } from "../image/index.ts";
import { EDIT_TASKS, type EditTask } from "../options/index.ts";

const [width, height] = [24, 20];
const model = fileURLToPath(new URL("../../models/fashion", import.meta.url));
let folder = "";
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "flexvar-repeat-"));
  const pixels = Uint8Array.from({ length: 3 * width * height }, (_, i) => (i * 37) % 256);
  await writeFile(at("picture.png"), encodePng({ data: pixels, width, height }));
  const hole = pixels.map((_, i) => (i % (3 * width) < 30 ? 255 : 0));
  await writeFile(at("mask.png"), encodePng({ data: hole, width, height }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What each task is asked for. */
const FLAGS: Readonly<Record<EditTask, () => readonly string[]>> = {
  inpaint: () => ["--mask", at("mask.png")],
  outpaint: () => ["--left", "6", "--bottom", "3"],
  expand: () => ["--ratio", "2:1"],
  refine: () => ["--size", "32"],
};

test.each(EDIT_TASKS)("%s is repeated to the byte, with the picture that was edited", async (task) => {
  const picture = at("picture.png");
  const run = async (out: string, ...argv: string[]): Promise<Buffer> => {
    const { code, err } = await runCli(...argv, "--model", model, "--threads", "1", "--out", at(out));
    expect([code, err]).toEqual([0, expect.any(String)]);
    return readFile(join(at(out), "000.png"));
  };
  const first = await run(task, task, picture, ...FLAGS[task](), "--class", "bag", "--steps", "5");
  expect(await run(`${task}-again`, "repeat", join(at(task), "000.png"), "--image", picture)).toEqual(first);
});

test("what was drawn in integers is repeated in integers, and says so", async () => {
  const drawn = ["--class", "bag", "--dtype", "int8", "--model", model, "--out", at("int8")];
  expect((await runCli("generate", ...drawn)).code).toBe(0);
  const first = await readFile(join(at("int8"), "000.png"));
  expect(readSettings(first)).toMatchObject({ dtype: "int8" });
  const told = await runCli("info", join(at("int8"), "000.png"), "--json");
  expect(JSON.parse(told.out)).toMatchObject({ kind: "picture", settings: readSettings(first) });
  const none = await runCli("info", at("picture.png"));
  expect([none.code, none.err]).toEqual([
    1,
    expect.stringContaining('expected settings under the text key "flexvar", got none'),
  ]);
  const again = ["repeat", join(at("int8"), "000.png"), "--model", model, "--out", at("int8-again")];
  expect((await runCli(...again)).code).toBe(0);
  expect(await readFile(join(at("int8-again"), "000.png"))).toEqual(first);
}, 30_000);

test("what was drawn on another device says so when it is repeated", async () => {
  const drawn = ["--class", "bag", "--steps", "5", "--model", model, "--quiet", "--out", at("here")];
  expect((await runCli("generate", ...drawn)).code).toBe(0);
  const settings = readSettings(await readFile(join(at("here"), "000.png")));
  const pixel = { data: new Uint8Array(3), width: 1, height: 1 };
  await writeFile(at("there.png"), encodePng(pixel, settingsText({ ...settings, device: "webgpu" })));
  const { code, err } = await runCli("repeat", at("there.png"), "--model", model, "--out", at("here-again"));
  expect(code).toBe(0);
  expect(err).toContain("was drawn on webgpu, and is repeated on cpu: its bytes may differ");
});
