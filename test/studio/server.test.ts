/** The studio of a running `flexvar serve`, used as people use it, and through the server's sudden end. */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createClient } from "../../src/client/index.ts";
import { readSettings } from "../../src/image/index.ts";
import { requestFrom } from "../../src/pipelines/index.ts";
import {
  accessible,
  canvas,
  downloadPng,
  dropFile,
  launch,
  missingChromium,
  PATIENCE,
  paintAndExtend,
  watchScales,
} from "./checks.ts";
import { buildPackage, type Package, type RunningServer } from "./server.ts";

describe.skipIf(missingChromium)("the studio of a server in Chromium", { timeout: 180_000 }, () => {
  let built: Package;
  let server: RunningServer;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let exported: Uint8Array;
  let guessed: string;
  const errors: string[] = [];

  beforeAll(async () => {
    built = await buildPackage();
    server = await serve("--port", "0");
    browser = await launch();
    context = await browser.newContext({ viewport: { width: 1280, height: 860 }, reducedMotion: "reduce" });
    // What the server's Content-Security-Policy forbids is nothing that the studio does.
    await context.addInitScript(() =>
      addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sourceFile, lineNumber }) =>
        console.error(`policy: ${violatedDirective} forbids ${blockedURI} (${sourceFile}:${lineNumber})`),
      ),
    );
    context.on("console", (message) => message.text().startsWith("policy: ") && errors.push(message.text()));
    page = await context.newPage();
    page.on("pageerror", (error) => errors.push(error.message));
    await page.goto(server.url);
    await drawButton().waitFor({ timeout: PATIENCE });
  }, 2 * PATIENCE);

  afterAll(async () => {
    await browser?.close();
    await server?.kill();
    await built?.remove();
  });

  const serve = (...args: string[]) => built.serve(["--threads", "1", "--model", built.model, ...args]);
  const drawButton = () => page.getByRole("button", { name: "Draw", exact: true });
  const done = () => page.getByText(/^(Done|\d+ pictures) in/).waitFor({ timeout: PATIENCE });
  const chip = () => page.getByRole("button", { name: /^Model/ });
  const cards = () => page.locator(".card").count();

  test("opens without fetching weights, and says where it computes", async () => {
    await expect.poll(() => chip().textContent(), { timeout: PATIENCE }).toContain("Ready");
    await chip().click();
    await page.getByRole("dialog").getByText("on the server").waitFor();
    await accessible(page, "model");
    await page.keyboard.press("Escape");
    const fetched = await page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name));
    expect(fetched.filter((name) => /\.(safetensors|wasm)$/.test(name))).toEqual([]);
  });

  test("every scale appears as the server draws it", async () => {
    await page.getByRole("searchbox", { name: "Search classes" }).fill("red heart");
    await page.keyboard.press("Enter");
    await page.getByRole("checkbox", { name: "A new seed" }).uncheck();
    await page.getByRole("spinbutton", { name: "Seed" }).fill("42");
    const seen = page.evaluate(watchScales);
    await drawButton().click();
    await done();
    const counts = await seen;
    expect(counts.at(-1)).toBe(10);
    expect(counts.length).toBeGreaterThanOrEqual(4);
    await accessible(page, "a finished picture");
  });

  test("the exported PNG carries its settings and brings them back when dropped", async () => {
    exported = (await downloadPng(page)).bytes;
    expect(readSettings(exported)).toMatchObject({
      class: "red heart",
      seed: 42,
      size: "64x64",
      num_inference_steps: 10,
    });
    await page.getByRole("spinbutton", { name: "Seed" }).fill("1");
    await dropFile(page, exported);
    await page.getByText("Its settings are in the form.").waitFor();
    expect(await page.getByRole("spinbutton", { name: "Seed" }).inputValue()).toBe("42");
  });

  test("a mask is painted, an edge extended, both undone and done again", async () => {
    await page.getByRole("group", { name: "With this picture" }).getByRole("button", { name: "Edit" }).click();
    await canvas(page).waitFor();
    await paintAndExtend(page);
  });

  test("the server repaints in the class that it guesses; the chosen variant is exported and goes into the gallery", async () => {
    await page.getByRole("combobox", { name: "Paint" }).selectOption("");
    await page.getByRole("button", { name: "Repaint" }).click();
    await dropFile(page, exported);
    await page.getByText(/^The picture is still being painted/).waitFor();
    await page.getByText(/^Drag across the picture/).waitFor({ timeout: PATIENCE });
    expect(await page.getByRole("group", { name: "Choose a variant" }).getByRole("button").count()).toBe(2);
    await accessible(page, "variants");
    const settings = readSettings((await downloadPng(page)).bytes);
    expect(settings).toMatchObject({ task: "inpaint", class: expect.any(String), size: "80x64", guidance_scale: 1.5 });
    guessed = String(settings.class_id);
    expect(requestFrom(settings, 152)).toMatchObject({ size: [80, 64], mask: { width: 80, height: 64 } });
    await page.getByRole("button", { name: "Go on with this" }).click();
    await canvas(page, "80 by 64 pixels").waitFor();
  });

  test("after a reload the gallery is there", async () => {
    await page.reload();
    await page.getByRole("link", { name: /Gallery/ }).click();
    await expect.poll(cards).toBe(2);
  });

  test("a kept edit is edited under the class that was guessed, and refining it gives one picture", async () => {
    await page.locator(".card").first().click();
    await page.getByRole("definition").filter({ hasText: "repainting and extending" }).waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Edit" }).click();
    await canvas(page, "80 by 64 pixels").waitFor();
    expect(await page.getByRole("combobox", { name: "Paint" }).inputValue()).toBe(guessed);
    await page.getByText("4", { exact: true }).click();
    await page.getByRole("button", { name: "Refine ×2" }).click();
    await page.getByText(/^Drag across the picture/).waitFor({ timeout: PATIENCE });
    expect(await page.getByRole("group", { name: "Choose a variant" }).count()).toBe(0);
    await page.getByRole("link", { name: "Create" }).click();
  });

  test("while the server has others to serve first, the place in line is told", async () => {
    const client = createClient({ baseUrl: server.url });
    const other = { class_labels: ["heart"], n: 16, num_inference_steps: 13 };
    const orders = await Promise.all([client.startGeneration(other), client.startGeneration({ ...other, seed: 1 })]);
    await drawButton().click();
    await page.getByText(/^(Next in line|In line) on the server/).waitFor({ timeout: PATIENCE });
    await accessible(page, "waiting in line");
    for (const { id } of orders) await client.cancelJob(id);
    await done();
  });

  test("a stopped drawing frees the server", async () => {
    await page.getByText("8", { exact: true }).click();
    await drawButton().click();
    await page.getByText(/^Scale [2-9] of/).waitFor({ timeout: PATIENCE });
    await page.keyboard.press("Escape");
    await page.getByText(/^Stopped after/).waitFor();
    const idle = async () => (await (await fetch(new URL("/metrics", server.url))).text()).match(/outcome="cancelled"/);
    await expect.poll(idle, { timeout: 20_000 }).not.toBeNull();
  });

  test("kill -9 in the middle of a drawing is told in words, and nothing of the gallery is lost", async () => {
    await drawButton().click();
    await page.getByText(/^Scale [2-9] of/).waitFor({ timeout: PATIENCE });
    await server.kill();
    const alert = page.getByRole("alert");
    await alert.getByText(/stopped answering while it worked on this/).waitFor({ timeout: 10_000 });
    await page.getByText("The server does not answer.").waitFor({ timeout: 10_000 });
    await accessible(page, "a lost server");
    await alert.getByRole("button", { name: "Try again" }).click();
    await alert.getByText(/The server does not answer/).waitFor();
    await page.getByRole("link", { name: /Gallery/ }).click();
    await expect.poll(cards).toBe(3);
  });

  test("even a reload without the server finds the gallery, and says why nothing can be drawn", async () => {
    await page.reload();
    await page.getByText("The server does not answer.").first().waitFor({ timeout: 20_000 });
    await page.getByRole("link", { name: /Gallery/ }).click();
    await expect.poll(cards).toBe(3);
    await accessible(page, "gallery without a server");
    await page.getByRole("link", { name: "Create" }).click();
  });

  test("a server that comes back on the same port is found by itself, and draws", async () => {
    server = await serve("--port", new URL(server.url).port);
    await page.getByText("The server answers again.").waitFor({ timeout: 40_000 });
    await expect.poll(() => chip().textContent(), { timeout: PATIENCE }).toContain("Ready");
    await expect.poll(() => page.locator(".connection-line").count()).toBe(0);
    await drawButton().click();
    await done();
    await page.getByRole("link", { name: /Gallery/ }).click();
    // Eight at once, as the form has said since before the reload.
    await expect.poll(cards).toBe(11);
    expect(errors).toEqual([]);
  });

  test("a token that the server asks for is asked for in words, or comes with the address", async () => {
    const guarded = await serve("--port", "0", "--token", "a secret");
    const other = await context.newPage();
    await other.goto(guarded.url);
    const form = other.getByRole("form", { name: "The server's token" });
    await form.getByText(/This server asks for a token/).waitFor({ timeout: PATIENCE });
    await accessible(other, "a token, please");
    for (const wrong of ["another", "\u20ac"]) {
      await form.getByLabel("Token").fill(wrong);
      await form.getByRole("button", { name: "Go on" }).click();
      await form.getByText(/The server does not accept this token/).waitFor({ timeout: PATIENCE });
    }
    await form.getByLabel("Token").fill("a secret");
    await form.getByRole("button", { name: "Go on" }).click();
    await expect
      .poll(() => other.getByRole("button", { name: /^Model/ }).textContent(), { timeout: PATIENCE })
      .toContain("Ready");
    const third = await context.newPage();
    await third.goto(`${guarded.url}/#token=a%20secret`);
    await expect
      .poll(() => third.getByRole("button", { name: /^Model/ }).textContent(), { timeout: PATIENCE })
      .toContain("Ready");
    expect(third.url()).not.toContain("secret");
    const fourth = await context.newPage();
    for (const broken of ["%E0", "%", "%u20ac", "%E2%82%AC"]) {
      await fourth.goto("about:blank");
      await fourth.goto(`${guarded.url}/#token=${broken}`);
      await fourth.getByText(/The server does not accept this token/).waitFor({ timeout: PATIENCE });
      expect(fourth.url()).not.toContain("token");
    }
    await fourth.close();
    await guarded.kill();
    expect(errors).toEqual([]);
    await other.close();
    await third.close();
  });
});
