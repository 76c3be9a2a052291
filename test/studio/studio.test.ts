/** The static studio used as people use it, in a real Chromium. */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
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
  zoomShown,
} from "./checks.ts";
import { CLASSES } from "./few-classes.ts";
import { editByKeyboard } from "./keyboard.ts";
import { renewWhileOpen } from "./renewal.ts";
import { openStudio, type StudioSite } from "./site.ts";

describe.skipIf(missingChromium)("the static studio in Chromium", { timeout: 180_000 }, () => {
  let site: StudioSite;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let exported: Uint8Array;
  const errors: string[] = [];

  beforeAll(async () => {
    site = await openStudio();
    browser = await launch();
    context = await browser.newContext({ viewport: { width: 1280, height: 860 }, reducedMotion: "reduce" });
    page = await context.newPage();
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    await page.goto(site.address);
    await drawButton().waitFor({ timeout: PATIENCE });
    // A first visit waits some seconds for the service worker, which a busy machine may not keep: the next visit has it.
    if (!(await page.evaluate(() => crossOriginIsolated))) {
      await page.evaluate(async () => void (await navigator.serviceWorker.ready));
      await page.reload();
      await drawButton().waitFor({ timeout: PATIENCE });
    }
  }, 2 * PATIENCE);

  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });

  const drawButton = () => page.getByRole("button", { name: "Draw", exact: true });
  const done = () => page.getByText(/^(Done|\d+ pictures) in/).waitFor({ timeout: PATIENCE });

  test("a host that sets no headers still gets an isolated page, by the service worker", async () => {
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
  });

  test("no axe violations before anything is drawn", async () => {
    await accessible(page, "create");
    await page.getByRole("link", { name: "Gallery" }).click();
    await page.getByRole("heading", { name: "Your pictures will gather here" }).waitFor();
    await accessible(page, "empty gallery");
    await page.getByRole("button", { name: "Draw the first" }).click();
  });

  test("classes are found by name and every scale appears", async () => {
    await page.getByRole("searchbox", { name: "Search classes" }).fill("red heart");
    await page.keyboard.press("Enter");
    await page.getByRole("checkbox", { name: "A new seed" }).uncheck();
    await page.getByRole("spinbutton", { name: "Seed" }).fill("42");
    const seen = page.evaluate(watchScales);
    await page.keyboard.press("Control+Enter");
    await done();
    // Quick scales may come within one frame of the screen; all at once they may not.
    const counts = await seen;
    expect(counts[0]).toBeLessThan(4);
    expect(counts.at(-1)).toBe(10);
    expect(counts.length).toBeGreaterThanOrEqual(6);
    await accessible(page, "a finished picture");
  });

  test("the exported PNG carries the settings that draw it again", async () => {
    const { name, bytes } = await downloadPng(page);
    expect(name).toBe("red-heart-42-0.png");
    const settings = readSettings(bytes);
    expect(settings).toMatchObject({ class: "red heart", seed: 42, size: "64x64", num_inference_steps: 10 });
    expect(requestFrom(settings).options).toMatchObject({
      classLabels: [CLASSES.indexOf("red heart")],
      seed: 42,
      firstIndex: 0,
    });
    exported = bytes;
  });

  test("dropped on the page, that PNG brings its settings back into the form", async () => {
    await page.getByRole("spinbutton", { name: "Seed" }).fill("1");
    await page.getByRole("searchbox", { name: "Search classes" }).fill("apple");
    await page.keyboard.press("Enter");
    await dropFile(page, exported);
    await page.getByText("Its settings are in the form.").waitFor();
    expect(await page.getByRole("spinbutton", { name: "Seed" }).inputValue()).toBe("42");
    expect(await page.locator(".class-field output").textContent()).toBe("Red heart");
    await page.getByRole("searchbox", { name: "Search classes" }).fill("");
    const list = (await page.locator(".classes").boundingBox())!;
    const tile = (await page.locator(".class-tile:has(input:checked)").boundingBox())!;
    expect(tile.y).toBeGreaterThanOrEqual(list.y);
    expect(tile.y + tile.height).toBeLessThanOrEqual(list.y + list.height);
  });

  test("sides that cannot be are put right when their field is left", async () => {
    const width = page.getByRole("spinbutton", { name: "Width" });
    for (const [typed, shown] of [
      ["-5", "16"],
      ["", "16"],
      ["64", "64"],
    ] as const) {
      await width.fill(typed);
      await page.keyboard.press("Tab");
      expect(await width.inputValue()).toBe(shown);
    }
  });

  test("a file that is no picture is refused in words", async () => {
    await dropFile(page, new TextEncoder().encode("# Read me"), "README.md", "");
    await page.getByText("README.md is no picture that the browser can read.").waitFor();
  });

  test("the arrow keys go along the film strip", async () => {
    const strip = page.getByRole("group", { name: "Scales, coarse to fine" });
    await strip.getByRole("button", { pressed: true }).focus();
    await page.keyboard.press("ArrowLeft");
    expect(await strip.getByRole("button", { pressed: true }).textContent()).toBe("13×13");
  });

  test("after a reload without a network the gallery is there, found by search, and the model draws", async () => {
    await context.setOffline(true);
    await page.reload();
    await page.getByRole("link", { name: /Gallery/ }).click();
    const search = page.getByRole("searchbox", { name: "Search pictures" });
    await search.fill("seed 2");
    await page.getByText("Nothing matches").waitFor();
    await search.fill("red heart 42");
    await page.getByRole("button", { name: /Red heart/ }).click();
    const dialog = page.getByRole("dialog", { name: "Red heart" });
    await dialog.waitFor();
    expect(await dialog.getByRole("group", { name: "Scales, coarse to fine" }).getByRole("button").count()).toBe(10);
    await accessible(page, "a picture of the gallery");
    await dialog.getByRole("button", { name: "Vary" }).click();
    await done();
    await context.setOffline(false);
    await page.getByRole("link", { name: /Gallery/ }).click();
    await expect.poll(() => page.locator(".card").count()).toBe(2);
    await accessible(page, "gallery");
  });

  test("deleting can be undone", async () => {
    await page.locator(".card").first().click();
    await page.getByRole("button", { name: "Delete" }).click();
    await expect.poll(() => page.locator(".card").count()).toBe(1);
    await page.getByRole("button", { name: "Undo" }).click();
    await expect.poll(() => page.locator(".card").count()).toBe(2);
  });

  test("the dialogs are accessible", async () => {
    await page.getByRole("button", { name: /^Model/ }).click();
    await accessible(page, "model");
    await page.getByRole("button", { name: "Close" }).click();
    await page.getByRole("button", { name: "Keyboard shortcuts" }).click();
    await page.getByRole("term").filter({ hasText: "Undo, in the editor" }).waitFor();
    await accessible(page, "keys");
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(errors).toEqual([]);
  });

  test("the empty editor teaches, and a kept picture opens in it", async () => {
    await page.getByRole("link", { name: "Edit" }).click();
    await page.getByRole("heading", { name: "Change part of a picture" }).waitFor();
    await accessible(page, "empty editor");
    await page.getByRole("button", { name: "Red heart" }).first().click();
    await canvas(page).waitFor();
    await accessible(page, "editor");
  });

  test("a mask painted by pointer and keys, an extended edge, undone and done again", async () => {
    expect(await page.getByRole("button", { name: "Undo" }).isDisabled()).toBe(true);
    await paintAndExtend(page);
    await canvas(page).focus();
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Space");
    await page.keyboard.press("Control+z");
    await page.keyboard.press("Control+z");
    await canvas(page, "64 by 64 pixels").waitFor();
    await page.keyboard.press("Control+y");
    await page.keyboard.press("Control+Shift+z");
    await canvas(page, "80 by 64 pixels").waitFor();
  });

  test("the picture is looked at from near and far by wheel, keys and buttons, and moved; none of that paints", async () => {
    const { x, y, width, height } = (await canvas(page).boundingBox())!;
    await page.getByRole("button", { name: "Fit" }).click();
    const whole = await zoomShown(page);
    await page.mouse.move(x + width / 2, y + height / 2);
    await page.mouse.wheel(0, -200);
    await expect.poll(() => zoomShown(page)).toBeGreaterThan(whole);
    const near = await zoomShown(page);
    await page.getByRole("button", { name: "Zoom in" }).click();
    await expect.poll(() => zoomShown(page)).toBeGreaterThan(near);
    await canvas(page).focus();
    await page.keyboard.down("Space");
    await page.mouse.down();
    await page.mouse.move(x + width / 2 + 90, y + height / 2 + 40, { steps: 3 });
    await page.mouse.up();
    await page.keyboard.up("Space");
    await page.mouse.down({ button: "right" });
    await page.mouse.move(x + width / 2, y + height / 2, { steps: 3 });
    await page.mouse.up({ button: "right" });
    await page.keyboard.press("1");
    await expect.poll(() => zoomShown(page)).toBe(100);
    await page.keyboard.press("0");
    await expect.poll(() => zoomShown(page)).toBe(whole);
    // Before the canvas grew there is the dab of the Space key alone.
    await page.keyboard.press("Control+z");
    await page.keyboard.press("Control+z");
    await canvas(page, "64 by 64 pixels").waitFor();
    await page.keyboard.press("Control+y");
    await page.keyboard.press("Control+y");
    await canvas(page, "80 by 64 pixels").waitFor();
  });

  test("repainting shows variants, before and after; the chosen one goes on and into the gallery", async () => {
    await page.getByRole("button", { name: "Repaint" }).click();
    await page.getByText(/^Drag across the picture/).waitFor({ timeout: PATIENCE });
    expect(await page.getByRole("group", { name: "Choose a variant" }).getByRole("button").count()).toBe(2);
    await page.getByRole("slider", { name: "Before and after" }).press("ArrowRight");
    await accessible(page, "variants");
    const settings = readSettings((await downloadPng(page)).bytes);
    expect(settings).toMatchObject({ task: "inpaint", class: "red heart", size: "80x64", guidance_scale: 1.5 });
    expect(requestFrom(settings, 152)).toMatchObject({ task: "inpaint", size: [80, 64], mask: { width: 80 } });
    await page.keyboard.press("Control+z");
    await canvas(page, "80 by 64 pixels").waitFor();
    await page.keyboard.press("Control+Shift+z");
    await page.getByRole("button", { name: "Go on with this" }).click();
    await page.getByRole("group", { name: "Canvas, 80 by 64 pixels" }).waitFor();
    await page.getByRole("link", { name: /Gallery/ }).click();
    await expect.poll(() => page.locator(".card").count()).toBe(3);
    expect(errors).toEqual([]);
  });

  test("another picture opens over an edited one, which undo brings back with its history", async () => {
    await page.getByRole("link", { name: "Edit" }).click();
    await canvas(page, "80 by 64 pixels").waitFor();
    await dropFile(page, exported);
    await canvas(page, "64 by 64 pixels").waitFor();
    await page.getByText("Opened dropped.png.").waitFor();
    await page.locator(".toast").getByRole("button", { name: "Undo" }).click();
    await canvas(page, "80 by 64 pixels").waitFor();
    expect(await page.getByRole("button", { name: "Undo" }).isEnabled()).toBe(true);
    await page.getByRole("button", { name: "Redo" }).click();
    await canvas(page, "64 by 64 pixels").waitFor();
  });

  test("a drawing stops between scales, and says so", async () => {
    await page.getByRole("link", { name: "Create" }).click();
    await page.getByText("8", { exact: true }).click();
    await drawButton().click();
    await page.getByText(/^Scale [2-9] of/).waitFor({ timeout: PATIENCE });
    await page.keyboard.press("Escape");
    await page.getByText(/^Stopped after/).waitFor();
    await drawButton().waitFor();
  });

  test("a whole edit by keyboard alone", async () => {
    const other = await context.newPage();
    await other.goto(site.address);
    await other.getByRole("button", { name: "Draw", exact: true }).waitFor({ timeout: PATIENCE });
    await editByKeyboard(other);
    await other.close();
  });

  test("weights that do not come, or come changed, are told in words with a way on", async () => {
    const fresh = await browser.newContext({ reducedMotion: "reduce" });
    const other = await fresh.newPage();
    site.break(/transformer\.safetensors/);
    await other.goto(site.address);
    const draw = other.getByRole("button", { name: "Draw", exact: true });
    await draw.click({ timeout: PATIENCE });
    const alert = other.getByRole("alert");
    await alert.getByText(/transformer\.safetensors: expected a file, got 404/).waitFor({ timeout: PATIENCE });
    await accessible(other, "a problem");
    site.break(undefined);
    await alert.getByRole("button", { name: "Try again" }).click();
    await other.getByText(/^Done in/).waitFor({ timeout: PATIENCE });
    await fresh.close();
  });

  // The last: the site is another one from here on.
  test("a page that is open while the site is renewed is told so, and goes on", async () => {
    const fresh = await browser.newContext({ reducedMotion: "reduce" });
    await renewWhileOpen(site, fresh);
    await fresh.close();
  });
});
