/** What the studio's browser tests share: the browser, accessibility, scales as they appear, files dropped. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import { type Browser, chromium, type Page } from "playwright-core";
import { expect } from "vitest";
import { findChromium } from "../../scripts/lib/tools.mjs";

const executablePath = findChromium();
export const missingChromium = executablePath === undefined && process.env.FLEXVAR_REQUIRE_CHROMIUM === undefined;
const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-component-update", "--disable-sync", "--disable-quic"];
/** The first drawing opens a model on a busy machine. */
export const PATIENCE = 90_000;

export const launch = (): Promise<Browser> =>
  chromium.launch({ ...(executablePath && { executablePath }), args: FLAGS });

/** No axe violations, light and dark. */
export async function accessible(page: Page, screen: string): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(axeSource);
    const { violations } = await page.evaluate(() =>
      (globalThis as unknown as { axe: { run(): Promise<AxeResults> } }).axe.run(),
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

/** Drops a PNG on the page. */
export async function dropPng(page: Page, png: Uint8Array, name = "dropped.png"): Promise<void> {
  await page.evaluate(
    ([base64, file]) => {
      const bytes = Uint8Array.from(atob(base64!), (char) => char.charCodeAt(0));
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([bytes], file!, { type: "image/png" }));
      document.body.dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer }));
    },
    [Buffer.from(png).toString("base64"), name],
  );
}
