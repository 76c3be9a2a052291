/** A site that is renewed while one of its pages is open. */
import type { BrowserContext, Page } from "playwright-core";
import { expect } from "vitest";
import { PATIENCE } from "./checks.ts";
import type { StudioSite } from "./site.ts";

/** The page of before is told and goes on, also with parts that the host has no longer; the page of after is told nothing. */
export async function renewWhileOpen(site: StudioSite, context: BrowserContext): Promise<void> {
  const page = await opened(site, context);
  const told = (one: Page) => one.locator(".toast").getByText("A new version is ready.");
  expect(await version(page)).not.toMatch(/n\.js$/);
  await site.renew();
  const fresh = await opened(site, context);
  expect(await version(fresh)).toMatch(/n\.js$/);
  // A browser asks for a newer service worker some time after a page is loaded; here it is asked to at once, until it has one.
  const update = async (): Promise<void> => void (await (await navigator.serviceWorker.getRegistration())?.update());
  const asked = async (): Promise<number> => {
    await fresh.evaluate(update).catch(() => undefined);
    return told(page).count();
  };
  await expect.poll(asked, { timeout: PATIENCE, interval: 1000 }).toBe(1);
  expect(await told(fresh).count()).toBe(0);
  await page.getByRole("link", { name: "Edit" }).click();
  await page.getByRole("heading", { name: "Change part of a picture" }).waitFor();
  await page.locator(".toast").getByRole("button", { name: "Reload" }).click();
  await expect.poll(() => version(page).catch(() => ""), { timeout: PATIENCE }).toMatch(/n\.js$/);
}

async function opened(site: StudioSite, context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  await page.goto(site.address);
  await page.getByRole("button", { name: /^Model/ }).waitFor({ timeout: PATIENCE });
  return page;
}

/** The page's script, which each version calls otherwise. */
const version = (page: Page): Promise<string> => page.evaluate(() => document.scripts[0]!.src);
