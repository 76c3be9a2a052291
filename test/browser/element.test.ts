/** `<flexvar-editor>` in pages of three makes, which `examples/element` shows: the user paints, and the page gets the picture. */
import type { FlexvarEditorElement } from "flexvar/element";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildAll } from "../../scripts/build.mjs";
import { readSettings } from "../../src/image/index.ts";
import { launch, missingChromium, PATIENCE } from "../studio/checks.ts";
import { type ElementPages, openElementPages, type PageName, pageNames } from "../support/element-pages.ts";
import { importGolden } from "../support/golden.ts";

/** Where the package has to be built first. */
const BUILD_MS = 300_000;

describe.skipIf(missingChromium)("the editor as an element", () => {
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
    await page.close();
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
