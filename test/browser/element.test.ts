/** `<flexvar-editor>` in pages of three makes, which `examples/element` shows: the user paints, and the page gets the picture. */

import { join } from "node:path";
import type { FlexvarEditorElement } from "flexvar/element";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildAll } from "../../scripts/build.mjs";
import { readSettings } from "../../src/image/index.ts";
import { launch, missingChromium, PATIENCE } from "../studio/checks.ts";
import { startServer } from "../studio/server.ts";
import { type ElementPages, openElementPages, type PageName, pageNames } from "../support/element-pages.ts";
import { importGolden } from "../support/golden.ts";
import { projectRoot } from "../support/imports.ts";

/** Where the package has to be built first. */
const BUILD_MS = 300_000;

describe.skipIf(missingChromium)("the editor as an element", { timeout: 180_000 }, () => {
  let pages: ElementPages;
  let browser: Browser;
  const problems: string[] = [];

  beforeAll(async () => {
    await buildAll({ ifNeeded: true });
    pages = await openElementPages((folder) => importGolden(folder, "FlexVAR-T-plain-f16.pth"));
    browser = await launch();
  }, BUILD_MS);

  afterAll(async () => {
    await browser?.close();
    await pages?.close();
  });

  async function open(name: PageName, width = 1280): Promise<Page> {
    const page = await browser.newPage({ viewport: { width, height: 900 } });
    page.setDefaultTimeout(PATIENCE);
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
    await page.goto(`${pages.address}${name}/`);
    return page;
  }

  test.each(pageNames)("paints and hands the picture to a page made with %s, under a strict policy", async (name) => {
    const page = await open(name);
    await canvas(page).waitFor();
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
    await brush(page);
    await page.getByText("1", { exact: true }).click();
    await page.getByRole("button", { name: "Repaint" }).click();
    await page.getByRole("button", { name: "Go on with this" }).click();
    const bytes = await exported(page);
    await page.locator("img#result").waitFor();
    expect(readSettings(Uint8Array.from(bytes))).toMatchObject({ task: "inpaint", model: "model" });
    expect(await page.locator("#state").textContent()).toBe("The picture has 64 by 64 pixels.");
    expect({ problems, reports: pages.reports }).toEqual({ problems: [], reports: [] });
    // Taken away, it gives its memory back.
    expect(page.workers()).toHaveLength(1);
    await page.locator("flexvar-editor").evaluate((editor) => editor.remove());
    await expect.poll(() => page.workers().length).toBe(0);
    await page.close();
  });

  test("a server paints for it; the page opens, undoes and exports by its methods", async () => {
    const cli = join(projectRoot, "dist", "cli", "main.js");
    const server = await startServer(cli, ["serve", "--port", "0", "--origin", new URL(pages.address).origin]);
    try {
      const page = await open("html");
      await canvas(page).waitFor();
      await page.locator("flexvar-editor").evaluate((_, url) => {
        document.querySelector("flexvar-editor")!.outerHTML =
          `<flexvar-editor server="${url}" class-label="Red Heart"></flexvar-editor>`;
      }, server.url);
      const editor = page.locator("flexvar-editor");
      await editor.evaluate(async (one: FlexvarEditorElement) => {
        const changes: object[] = [];
        Object.assign(globalThis, { changes });
        one.addEventListener("change", ({ detail }) => changes.push({ ...detail, value: one.value?.type }));
        await one.open(await createImageBitmap(await (await fetch("picture.png")).blob()));
      });
      await brush(page);
      await page.getByText("1", { exact: true }).click();
      await page.getByRole("button", { name: "Repaint" }).click();
      await page.getByRole("button", { name: "Go on with this" }).click();
      const made = await editor.evaluate(async (one: FlexvarEditorElement) => {
        const { blob, settings } = await one.exportImage({ format: "webp", quality: 0.8 });
        one.undo();
        return { type: blob.type, settings };
      });
      expect(made).toMatchObject({ type: "image/webp", settings: { task: "inpaint", class: "red heart" } });
      const told = { width: 64, height: 64, canRedo: false, value: "image/png" };
      const changes = (): Promise<object[]> => page.evaluate(() => (globalThis as never as { changes: [] }).changes);
      await expect.poll(changes).toMatchObject([
        { ...told, canUndo: false },
        { ...told, canUndo: true },
        { ...told, canRedo: true },
      ]);
      expect(await failure(page, "class-label", "red hart")).toMatch(
        /^class-label: expected a class of the model such as red heart.*, got "red hart"$/,
      );
      expect(await failure(page, "src", "none.gif")).toBe("src: expected a picture at none.gif, got 404");
      await page.close();
    } finally {
      await server.kill();
    }
    // The missing picture is told by the browser too.
    expect(problems.splice(0)).toEqual([expect.stringContaining("404")]);
  });

  test("two on a page share nothing, and nothing outside them is touched", async () => {
    const page = await open("html");
    await canvas(page).waitFor();
    const before = await page.evaluate(outside);
    await page.evaluate(() => {
      const second = document.createElement("flexvar-editor");
      second.id = "second";
      second.setAttribute("model", "flexvar/model/");
      document.body.append(second);
    });
    const second = page.locator("#second");
    await second.getByText("Change part of a picture").waitFor();
    await brush(page);
    expect(await page.evaluate(outside)).toEqual({ ...before, body: [...before.body, "FLEXVAR-EDITOR"] });
    // The first one's stroke can be undone there alone; the second has no picture yet.
    await second.evaluate(async (editor) => {
      const blob = await (await fetch("picture.png")).blob();
      await (editor as unknown as { open(picture: Blob): Promise<void> }).open(blob);
    });
    expect(await second.getByRole("button", { name: "Undo" }).isDisabled()).toBe(true);
    expect(await page.getByRole("button", { name: "Undo" }).first().isDisabled()).toBe(false);
    await page.close();
  });
});

/** What the element says after an attribute was set. */
function failure(page: Page, attribute: string, value: string): Promise<string> {
  return page.locator("flexvar-editor").evaluate(
    (editor: FlexvarEditorElement, [name, text]) =>
      new Promise<string>((told) => {
        editor.addEventListener("error", ({ detail }) => told(detail.error.message), { once: true });
        editor.setAttribute(name, text);
      }),
    [attribute, value] as const,
  );
}

/** In the page: what the element must leave alone. */
async function outside() {
  return {
    title: document.title,
    html: [...document.documentElement.attributes].map(({ name }) => name),
    head: document.head.children.length,
    body: [...document.body.children].map(({ tagName }) => tagName),
    sheets: document.adoptedStyleSheets.length + document.styleSheets.length,
    kept: [
      localStorage.length,
      sessionStorage.length,
      (await indexedDB.databases()).length,
      (await caches.keys()).length,
    ],
    zod: "__zod_globalConfig" in globalThis,
    address: location.href,
  };
}

const canvas = (page: Page): Locator => page.getByRole("group", { name: /^Canvas, / }).first();

/** The file that the button's event brings. The policy lets no script fetch the address that the page made of it. */
async function exported(page: Page): Promise<number[]> {
  const coming = page.locator("flexvar-editor").evaluate(async (editor: FlexvarEditorElement) => {
    const blob = await new Promise<Blob>((took) =>
      editor.addEventListener("export", ({ detail }) => took(detail.blob), { once: true }),
    );
    return [...new Uint8Array(await blob.arrayBuffer())];
  });
  // Commands reach the page in order, so that it listens by now.
  await page.getByRole("button", { name: "Export" }).click();
  return coming;
}

/** A stroke over the middle of the picture. */
async function brush(page: Page): Promise<void> {
  const { x, y, width, height } = (await canvas(page).boundingBox())!;
  await page.mouse.move(x + width / 2 - 60, y + height / 2);
  await page.mouse.down();
  await page.mouse.move(x + width / 2 + 60, y + height / 2 + 30, { steps: 5 });
  await page.mouse.up();
}
