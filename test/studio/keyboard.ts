/** A whole edit by keyboard alone, from the form to the file. */
import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { readSettings } from "../../src/image/index.ts";
import { canvas, PATIENCE } from "./checks.ts";

/** Most presses of Tab to anything on a screen with its classes found. */
const MOST_TABS = 80;

/** Draws a red heart, paints a mask over it, repaints that, goes on with the second variant and saves it. */
export async function editByKeyboard(page: Page): Promise<void> {
  const { keyboard } = page;
  await keyboard.press("Alt+Shift+F");
  await keyboard.type("red heart");
  await keyboard.press("Enter");
  await keyboard.press("Control+Enter");
  await page.getByText(/^Done in/).waitFor({ timeout: PATIENCE });
  await tabTo(page, "Edit", ".actions");
  await keyboard.press("Enter");
  await canvas(page, "64 by 64 pixels").waitFor();
  expect(await page.getByRole("heading", { level: 2 }).count()).toBe(1);

  await tabTo(page, "Canvas, 64 by 64 pixels");
  for (const key of ["]", "]", "Space", "ArrowRight", "ArrowRight", "ArrowDown", "Space"]) await keyboard.press(key);
  expect(await page.getByRole("button", { name: "Undo" }).isEnabled()).toBe(true);
  await keyboard.press("Control+Enter");
  await page.getByText(/^Drag across the picture/).waitFor({ timeout: PATIENCE });
  await tabTo(page, "Variant 2");
  await keyboard.press("Enter");
  await page.getByRole("button", { name: "Variant 2", pressed: true }).waitFor();
  await tabTo(page, "Before and after");
  await keyboard.press("ArrowLeft");
  await tabTo(page, "Go on with this");
  await keyboard.press("Enter");
  await canvas(page, "64 by 64 pixels").waitFor();
  // What was pressed is gone; the focus is not.
  await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe("main");

  await keyboard.press("Alt+Shift+G");
  await tabTo(page, "Red heart", ".card");
  await keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await tabTo(page, "Download PNG");
  const [file] = await Promise.all([page.waitForEvent("download"), keyboard.press("Enter")]);
  expect(readSettings(new Uint8Array(readFileSync(await file.path())))).toMatchObject({ task: "inpaint" });
}

/** Presses Tab until what has the focus is called so, and lies within what `within` selects. */
async function tabTo(page: Page, name: string, within = "body"): Promise<void> {
  const seen: string[] = [];
  for (let i = 0; i < MOST_TABS; i++) {
    await page.keyboard.press("Tab");
    const [found, isWithin] = await page.evaluate(focused, within);
    if (isWithin && found.startsWith(name)) return;
    seen.push(found);
  }
  expect(seen, `what Tab reaches, looking for ${name}`).toContain(name);
}

/** In the page: what the element with the focus is called, and whether it lies there. */
function focused(within: string): [string, boolean] {
  const element = document.activeElement as HTMLInputElement;
  const text = element.textContent?.trim() || element.querySelector("img")?.alt;
  return [element.ariaLabel ?? element.labels?.[0]?.textContent ?? text ?? "", element.closest(within) !== null];
}
