/** What the studio's browser tests share: the browser, accessibility, scales as they appear, files dropped. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults, RunOptions } from "axe-core";
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from "playwright-core";
import { expect } from "vitest";
import { findChromium } from "../../scripts/lib/tools.mjs";

const executablePath = findChromium();
export const missingChromium = executablePath === undefined && process.env.FLEXVAR_REQUIRE_CHROMIUM === undefined;
const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const FLAGS = ["--no-sandbox", "--disable-component-update", "--disable-sync", "--disable-quic"];
/** The first drawing opens a model on a busy machine. */
export const PATIENCE = 90_000;

/** A fresh Chromium, without a graphics card unless flags give it one. */
export const launch = (graphics: readonly string[] = ["--disable-gpu"]): Promise<Browser> =>
  chromium.launch({ ...(executablePath && { executablePath }), args: [...FLAGS, ...graphics] });

/** A Chromium that keeps what pages store in a folder. */
export const launchKept = (folder: string): Promise<BrowserContext> =>
  chromium.launchPersistentContext(folder, {
    ...(executablePath && { executablePath }),
    args: [...FLAGS, "--disable-gpu"],
    viewport: { width: 1280, height: 860 },
    reducedMotion: "reduce",
  });

/** No axe violations, light and dark. */
export async function accessible(page: Page, screen: string): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(axeSource);
    const { violations } = await page.evaluate(() =>
      (globalThis as unknown as { axe: { run(options: RunOptions): Promise<AxeResults> } }).axe.run({
        resultTypes: ["violations"],
      }),
    );
    const found = violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`,
    );
    expect(found, `${screen}, ${colorScheme}`).toEqual([]);
  }
}

/** In the page: how many scales the film strip shows, each time it changes, until all are there. */
export function watchScales(): Promise<number[]> {
  return new Promise((finished) => {
    const counts: number[] = [];
    const timer = setInterval(() => {
      const strip = document.querySelector(".film");
      const shown = strip?.querySelectorAll("button.film-frame").length ?? 0;
      if (shown > (counts.at(-1) ?? 0)) counts.push(shown);
      if (strip && shown > 0 && shown === strip.children.length) {
        clearInterval(timer);
        finished(counts);
      }
    }, 1);
  });
}

/** Drops a file on the page: a PNG by default. */
export async function dropFile(page: Page, file: Uint8Array, name = "dropped.png", type = "image/png"): Promise<void> {
  await page.evaluate(
    ([base64, name, type]) => {
      const bytes = Uint8Array.from(atob(base64!), (char) => char.charCodeAt(0));
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([bytes], name!, { type: type! }));
      document.body.dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer }));
    },
    [Buffer.from(file).toString("base64"), name, type],
  );
}

/** The editor's canvas, of any size or one in words: `80 by 64 pixels`. */
export const canvas = (page: Page, size?: string): Locator =>
  page.getByRole("group", { name: size === undefined ? /^Canvas, / : `Canvas, ${size}` });

/** How large the editor shows the picture, percent of its own size. */
export const zoomShown = async (page: Page): Promise<number> =>
  Number.parseFloat((await page.locator(".zoom-value").textContent())!);

/** Brushes over the middle of a picture of 64 px and draws its right edge out by 16; undoes that and does it again. */
export async function paintAndExtend(page: Page): Promise<void> {
  const { x, y, width, height } = (await canvas(page).boundingBox())!;
  await page.mouse.move(x + width / 2 - 60, y + height / 2);
  await page.mouse.down();
  await page.mouse.move(x + width / 2 + 60, y + height / 2 + 30, { steps: 5 });
  await page.mouse.up();
  await page.getByRole("spinbutton", { name: "Right" }).fill("16");
  await page.keyboard.press("Tab");
  await canvas(page, "80 by 64 pixels").waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  await canvas(page, "64 by 64 pixels").waitFor();
  await page.getByRole("button", { name: "Redo" }).click();
  await canvas(page, "80 by 64 pixels").waitFor();
}

/** The file that "Download PNG" gives. */
export async function downloadPng(page: Page): Promise<{ name: string; bytes: Uint8Array }> {
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Download PNG" }).click(),
  ]);
  return { name: download.suggestedFilename(), bytes: new Uint8Array(readFileSync(await download.path())) };
}
