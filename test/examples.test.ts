/** What `examples/` shows, carried out as its readers would: with the built package, a shell, a browser. */
import { execFile, spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findChromium } from "../scripts/lib/tools.mjs";
import { startServer } from "./studio/server.ts";
import { buildCli } from "./support/cli.ts";
import { projectRoot } from "./support/imports.ts";

const run = promisify(execFile);
const example = (...path: string[]): string => join(projectRoot, "examples", ...path);
let folder = "";

beforeAll(async () => {
  await buildCli();
  folder = await mkdtemp(join(tmpdir(), "flexvar-examples-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Width and height in a PNG's header. */
async function pngSize(file: string): Promise<[number, number]> {
  const png = await readFile(file);
  expect(png.subarray(1, 4).toString()).toBe("PNG");
  return [png.readUInt32BE(16), png.readUInt32BE(20)];
}

test("node.mjs draws, repaints and saves", async () => {
  const out = join(folder, "node");
  await run(process.execPath, [example("node.mjs"), out]);
  const files = (await readdir(out)).sort();
  expect(files).toEqual(["drawn.png", "edited-0.png", "edited-1.png", "edited-2.png"]);
  for (const file of files) expect(await pngSize(join(out, file))).toEqual([64, 64]);
  const contents = await Promise.all(files.map((file) => readFile(join(out, file), "base64")));
  expect(new Set(contents).size).toBe(4);
});

const curl = await run("curl", ["--version"]).then(
  () => true,
  () => false,
);
const noCurl = !curl && process.env.FLEXVAR_REQUIRE_CURL === undefined;

describe.skipIf(noCurl)(`curl.sh${noCurl ? " (skipped: no curl on this machine)" : ""}`, () => {
  const call = (address: string, out: string, token?: string) =>
    run("sh", [example("curl.sh"), address, out], { env: { ...process.env, ...(token && { FLEXVAR_TOKEN: token }) } });

  test("lists models, draws and repaints; ends with an error where the server refuses", async () => {
    const cli = join(projectRoot, "dist", "cli", "main.js");
    const server = await startServer(cli, ["serve", "--port", "0", "--token", "secret"]);
    try {
      const out = join(folder, "curl");
      const { stdout } = await call(server.url, out, "secret");
      expect(JSON.parse(stdout).data[0].labels).toContain("cat face");
      expect((await readdir(out)).sort()).toEqual(["drawn.png", "edited.png"]);
      const [drawn, edited] = [join(out, "drawn.png"), join(out, "edited.png")];
      expect([await pngSize(drawn), await pngSize(edited)]).toEqual([
        [64, 64],
        [64, 64],
      ]);
      expect(await readFile(edited)).not.toEqual(await readFile(drawn));
      await expect(call(server.url, out, "another")).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringContaining("authorization: expected the server's bearer token"),
      });
    } finally {
      await server.kill();
    }
    await expect(call("http://127.0.0.1:1", join(folder, "nobody"))).rejects.toMatchObject({ code: 7 });
  });
});

const executablePath = findChromium();
const noChromium = executablePath === undefined && process.env.FLEXVAR_REQUIRE_CHROMIUM === undefined;

test.skipIf(noChromium)("page/ draws every scale of the chosen class in its canvas", async () => {
  const server = spawn(process.execPath, [example("page", "serve.mjs"), "0"], { stdio: ["ignore", "pipe", "inherit"] });
  const address = await new Promise<string>((resolve, reject) => {
    server.stdout.setEncoding("utf8").once("data", (text: string) => resolve(text.trim()));
    server.once("exit", (code) => reject(new Error(`serve.mjs: expected an address, got its end (${code})`)));
  });
  const browser = await chromium.launch({
    ...(executablePath && { executablePath }),
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"],
  });
  try {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    await page.goto(address);
    const status = page.getByRole("status");
    await expect.poll(() => status.textContent(), { timeout: 30_000 }).toMatch(/^Ready: onnxruntime-web/);
    expect(await page.evaluate("crossOriginIsolated")).toBe(true);
    await page.getByLabel("Class").selectOption("pizza");
    await page.evaluate(`globalThis.said = [];
      new MutationObserver(() => said.push(document.querySelector("p").textContent))
        .observe(document.querySelector("p"), { childList: true });`);
    await page.getByRole("button", { name: "Draw" }).click();
    await expect.poll(() => status.textContent(), { timeout: 40_000 }).toBe("Scale 10 of 10");
    expect(await page.evaluate("said")).toEqual(Array.from({ length: 10 }, (_, i) => `Scale ${i + 1} of 10`));
    const colours = await page.evaluate(`(() => {
      const { data } = document.querySelector("canvas").getContext("2d").getImageData(0, 0, 256, 256);
      return new Set(new Uint32Array(data.buffer)).size;
    })()`);
    expect(colours).toBeGreaterThan(100);
    expect(errors).toEqual([]);
  } finally {
    await browser.close();
    server.kill();
  }
});
