/** What the studio keeps on a device, through reloads, kills, browsers that refuse, full disks and several tabs, in a real Chromium. */
import { mkdtempSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { strToU8, unzipSync, zipSync } from "fflate";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodePng, readSettings, settingsText } from "../../src/image/index.ts";
import { accessible, canvas, downloadPng, dropFile, launch, launchKept, missingChromium, PATIENCE } from "./checks.ts";
import { CLASSES } from "./few-classes.ts";
import { openStudio, type StudioSite } from "./site.ts";

const STILL = { viewport: { width: 1280, height: 860 }, reducedMotion: "reduce" } as const;
/** Where another machine would find this one; a page from there has no secure address. */
const outer = Object.values(networkInterfaces())
  .flatMap((all) => all ?? [])
  .find(({ internal, family }) => !internal && family === "IPv4")?.address;

/** A picture of 64 px in one colour. */
const picture = (red: number): Uint8Array =>
  encodePng({ data: new Uint8Array(64 * 64 * 3).fill(red), width: 64, height: 64 });

/** Brushes over the picture, `down` pixels below its middle. */
async function brush(page: Page, down = 0): Promise<void> {
  const { x, y, width, height } = (await canvas(page).boundingBox())!;
  await page.mouse.move(x + width / 2 - 60, y + height / 2 + down);
  await page.mouse.down();
  await page.mouse.move(x + width / 2 + 60, y + height / 2 + down, { steps: 3 });
  await page.mouse.up();
}

/** A file of the gallery's import: a picture that a model drew of a seed. */
function drawnFile(model: string, seed: number) {
  const settings = {
    ...{ class: "red heart", class_id: CLASSES.indexOf("red heart"), index_within_class: 0, seed, size: "64x64" },
    ...{ scales: "1,2,4,8,16", scales_from: "table", num_inference_steps: 5, guidance_scale: 2, model },
  };
  const png = encodePng({ data: new Uint8Array(64 * 64 * 3), width: 64, height: 64 }, settingsText(settings));
  return { name: `${seed}.png`, mimeType: "image/png", buffer: Buffer.from(png) };
}

const kept = (page: Page) => page.getByText("Kept on this device").waitFor();
const undo = (page: Page) => page.getByRole("button", { name: "Undo" });
const documents = (page: Page) => page.getByRole("button", { name: "Documents" }).first().click();

/** A page with the editor, and a picture in it that is painted on and drawn out to 80 pixels. */
async function edited(page: Page, address: string): Promise<void> {
  await page.goto(`${address}#/edit`);
  await page.getByRole("heading", { name: "Change part of a picture" }).waitFor({ timeout: PATIENCE });
  // A first visit is loaded once more, through the service worker.
  await page.getByRole("button", { name: /^Model/ }).waitFor({ timeout: PATIENCE });
  await dropFile(page, picture(200), "red.png");
  await canvas(page, "64 by 64 pixels").waitFor();
  await brush(page);
  await page.getByRole("spinbutton", { name: "Right" }).fill("16");
  await page.keyboard.press("Tab");
  await canvas(page, "80 by 64 pixels").waitFor();
}

describe.skipIf(missingChromium)("what the studio keeps", { timeout: 120_000 }, () => {
  let site: StudioSite;
  let browser: Browser;
  const open = async (address: string, prepare?: (context: BrowserContext) => Promise<void>): Promise<Page> => {
    const context = await browser.newContext(STILL);
    await prepare?.(context);
    const page = await context.newPage();
    await page.goto(address);
    return page;
  };

  beforeAll(async () => {
    site = await openStudio(undefined, "0.0.0.0");
    browser = await launch();
  }, PATIENCE);

  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });

  test.skipIf(outer === undefined)(
    "plain http from another machine: drawn, kept, and the clipboard's lack told",
    async () => {
      const page = await open(site.address.replace("127.0.0.1", outer!));
      expect(await page.evaluate(() => [isSecureContext, typeof crypto.randomUUID])).toEqual([false, "undefined"]);
      await page.getByRole("button", { name: "Draw", exact: true }).click({ timeout: PATIENCE });
      await page.getByText(/^Done in/).waitFor({ timeout: PATIENCE });
      await page.getByRole("button", { name: "Copy", exact: true }).click();
      await page.getByText(/only over https or on localhost/).waitFor();
      await page.waitForTimeout(500);
      await page.reload();
      // The drawing stands on the stage as it was left, and in the gallery.
      await page.getByText(/^Done in/).waitFor({ timeout: PATIENCE });
      await page.getByRole("link", { name: /Gallery/ }).click();
      await expect.poll(() => page.locator(".card").count()).toBe(1);
      await page.context().close();
    },
  );

  test("a document is opened as it was left after a reload, and after the browser was killed", async () => {
    const profile = mkdtempSync(join(tmpdir(), "flexvar-profile-"));
    let context = await launchKept(profile);
    const page = await context.newPage();
    await edited(page, site.address);
    await kept(page);
    await page.reload();
    await canvas(page, "80 by 64 pixels").waitFor({ timeout: PATIENCE });
    await undo(page).click();
    await canvas(page, "64 by 64 pixels").waitFor();
    await page.getByRole("button", { name: "Redo" }).click();
    await kept(page);
    await page.waitForTimeout(500);
    process.kill(Number(readlinkSync(join(profile, "SingletonLock")).split("-").at(-1)), "SIGKILL");
    await context.close().catch(() => undefined);
    context = await launchKept(profile);
    const again = await context.newPage();
    await again.goto(site.address);
    await canvas(again, "80 by 64 pixels").waitFor({ timeout: PATIENCE });
    expect(await undo(again).isEnabled()).toBe(true);
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  });

  test("two tabs that change one document end with both, and share the gallery", async () => {
    const one = await open(site.address);
    await edited(one, site.address);
    await kept(one);
    const other = await one.context().newPage();
    await other.goto(`${site.address}#/edit`);
    await documents(other);
    await other
      .getByRole("dialog")
      .getByRole("button", { name: /^red\.png/ })
      .click();
    await canvas(other, "80 by 64 pixels").waitFor();
    await brush(other, -40);
    await other.waitForTimeout(400);
    await kept(other);
    await brush(one, 40);
    await documents(one);
    const dialog = one.getByRole("dialog", { name: "Documents" });
    await dialog.getByText("red.png (this tab's)").waitFor();
    expect(await dialog.locator(".document").count()).toBe(2);
    await accessible(one, "documents");
    await one.context().close();
  });

  test("a document goes out as a file and comes back; hostile files are refused in words", async () => {
    const page = await open(site.address);
    await edited(page, site.address);
    await documents(page);
    const dialog = page.getByRole("dialog", { name: "Documents" });
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      dialog.getByRole("button", { name: "Save the open one as a file" }).click(),
    ]);
    expect(file.suggestedFilename()).toBe("red.png.flexvar.zip");
    const bytes = readFileSync(await file.path());
    const take = async (buffer: Uint8Array) =>
      dialog
        .locator("input[type=file]")
        .setInputFiles({ name: "a.zip", mimeType: "application/zip", buffer: Buffer.from(buffer) });
    const manifest = { format: "flexvar-document", version: 1, name: "a", content: { $part: "x", kind: "canvas" } };
    const zipped = (value: object | string, more = {}) =>
      zipSync({ "manifest.json": strToU8(typeof value === "string" ? value : JSON.stringify(value)), ...more });
    const huge = new Uint8Array(bytes);
    // The central directory's first entry claims to unpack to 3 GiB.
    const directory = Buffer.from(huge.buffer).indexOf("PK\u0001\u0002");
    new DataView(huge.buffer).setUint32(directory + 24, 3 << 30, true);
    for (const [hostile, words] of [
      [strToU8("nonsense"), /no document of the studio, or it was cut short/],
      [bytes.subarray(0, bytes.length / 2), /no document of the studio, or it was cut short/],
      [zipped({ format: "something" }), /no document of the studio/],
      [zipped({ ...manifest, version: 9 }), /of version 9; this studio reads version 1/],
      [zipped({ ...manifest, parts: [] }), /part of the document is missing/],
      [zipped("[".repeat(100_000)), /damaged/],
      [
        zipped({ ...manifest, parts: [{ id: "x", file: "parts/0", type: "" }] }, { "parts/0": new Uint8Array(40) }),
        /damaged or too large/,
      ],
      [huge, /too large/],
    ] as const) {
      await take(hostile);
      await page.locator(".toast").getByText(words).waitFor();
    }
    await take(bytes);
    await dialog.waitFor({ state: "detached" });
    await canvas(page, "80 by 64 pixels").waitFor();
    await undo(page).click();
    await canvas(page, "64 by 64 pixels").waitFor();
    await page.context().close();
  });

  test("the gallery takes files with settings, gives several as one, compares two, and never repeats another model's", async () => {
    const page = await open(`${site.address}#/gallery`);
    await page.getByRole("button", { name: /^Model/ }).waitFor({ timeout: PATIENCE });
    expect(await page.title()).toBe("Gallery – FlexVAR studio");
    const files = ["0123456789abcdef", "0123456789abcdef", "another"].map(drawnFile);
    await page
      .getByLabel("Import PNG files that carry settings")
      .setInputFiles([...files, { name: "plain.png", mimeType: "image/png", buffer: Buffer.from(picture(1)) }]);
    await page.getByText("3 of 4 files came into the gallery. plain.png carries no settings.").waitFor();
    const cards = page.locator(".card");
    expect(await cards.count()).toBe(3);
    await page.getByRole("button", { name: "Choose several" }).click();
    await cards.nth(0).click();
    await cards.nth(1).click();
    const bar = page.getByRole("toolbar", { name: "With the chosen pictures" });
    await bar.getByText("2 of 3 chosen").waitFor();
    await accessible(page, "several chosen");
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      bar.getByRole("button", { name: "Save as ZIP" }).click(),
    ]);
    const inside = unzipSync(readFileSync(await file.path()));
    expect(Object.keys(inside)).toHaveLength(2);
    for (const png of Object.values(inside)) expect(readSettings(png)).toMatchObject({ class: "red heart" });
    await bar.getByRole("button", { name: "Compare" }).click();
    await page.getByRole("row", { name: /^Seed ?, differs/ }).waitFor();
    await accessible(page, "side by side");
    await page.keyboard.press("Escape");
    await bar.getByRole("button", { name: "Delete" }).click();
    await expect.poll(() => cards.count()).toBe(1);
    await page.getByRole("button", { name: "Undo" }).click();
    await expect.poll(() => cards.count()).toBe(3);
    await bar.getByRole("button", { name: "Done" }).click();
    // By keyboard alone: what is deleted leaves the focus to its neighbour.
    await cards.nth(2).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).press("Enter");
    await expect.poll(() => cards.count()).toBe(2);
    await expect.poll(() => page.evaluate(() => document.activeElement?.className)).toBe("card");
    await page.getByRole("searchbox", { name: "Search pictures" }).fill("seed 2");
    await cards.click();
    await page.getByRole("dialog").getByRole("button", { name: "Repeat" }).click();
    const asked = page.getByRole("dialog", { name: "Another model drew this" });
    await asked.getByText(/which is not here/).waitFor();
    await accessible(page, "another model");
    await asked.getByRole("button", { name: "Bring them into the form" }).click();
    await page.getByText(/as far as this model can follow them/).waitFor();
    expect(await page.getByRole("spinbutton", { name: "Seed" }).inputValue()).toBe("2");
    expect(await page.title()).toBe("Create – FlexVAR studio");
    await page.getByRole("link", { name: /Gallery/ }).click();
    await page.getByRole("searchbox", { name: "Search pictures" }).fill("seed 1");
    await cards.click();
    await page.getByRole("dialog").getByRole("button", { name: "Link" }).click();
    const link = await page.getByRole("textbox", { name: "Link" }).inputValue();
    await accessible(page, "a link");
    await page.keyboard.press("Escape");
    await page.goto(link);
    await page.getByText("Its settings are in the form.").waitFor();
    expect(await page.getByRole("spinbutton", { name: "Seed" }).inputValue()).toBe("1");
    expect(page.url()).toMatch(/#\/create$/);
    await page.getByRole("searchbox", { name: "Search classes" }).fill("red haert");
    await page.getByRole("button", { name: "Red heart" }).click();
    await page.getByRole("radio", { name: "Red heart" }).waitFor({ state: "attached" });
    await page.context().close();
  });

  test.each([320, 820, 1440])("at %i px nothing runs over the edge", async (width) => {
    const page = await open(site.address);
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ forcedColors: "active" });
    await page.getByRole("button", { name: /^Model/ }).waitFor({ timeout: PATIENCE });
    for (const size of ["100%", "200%"]) {
      // Where the letters are this large a browser takes the page for a narrower one; the test has only their size.
      if (size === "200%" && width < 1440) continue;
      await page.evaluate((one) => {
        document.documentElement.style.fontSize = one;
      }, size);
      for (const view of ["create", "edit", "gallery"]) {
        await page.evaluate((one) => {
          location.hash = `#/${one}`;
        }, view);
        await page.getByRole("heading", { level: 2 }).first().waitFor();
        const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect(over, `${view}, ${size}`).toBeLessThanOrEqual(0);
      }
    }
    await page.context().close();
  });

  test("a browser that keeps nothing: said, and the page works", async () => {
    const page = await open(site.address, async (context) => {
      await context.addInitScript(() => {
        const denied = {
          get: () => {
            throw new DOMException("denied", "SecurityError");
          },
        };
        for (const name of ["indexedDB", "localStorage", "sessionStorage"]) Object.defineProperty(window, name, denied);
      });
    });
    await edited(page, site.address);
    await page.getByText(/^Not kept: This browser does not let the studio keep anything here/).waitFor();
    await accessible(page, "an editor that keeps nothing");
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save as a file" }).click(),
    ]);
    expect(file.suggestedFilename()).toBe("red.png.flexvar.zip");
    await page.getByRole("link", { name: /Gallery/ }).click();
    await page.getByText(/does not let the studio keep anything here/).waitFor();
    await page.getByRole("link", { name: "Edit" }).click();
    await canvas(page, "80 by 64 pixels").waitFor();
    await page.context().close();
  });

  test("a full device: said, nothing that is open is lost, and it is kept once there is room", async () => {
    const page = await open(site.address);
    const session = await page.context().newCDPSession(page);
    const { origin } = new URL(site.address);
    await session.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 1 });
    await edited(page, site.address);
    await page.getByText(/^Not kept: This device has no room/).waitFor();
    await session.send("Storage.overrideQuotaForOrigin", { origin });
    await brush(page, 30);
    await kept(page);
    await page.context().close();
  });

  test("a full gallery: said, its pictures shown and saved, and kept once there is room", async () => {
    // A browser remembers for a while how much room there was: it must be full from the first.
    const page = await open("about:blank");
    const session = await page.context().newCDPSession(page);
    const { origin } = new URL(site.address);
    await session.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 1 });
    await page.goto(`${site.address}#/gallery`);
    await page.getByRole("button", { name: /^Model/ }).waitFor({ timeout: PATIENCE });
    const files = [1, 2].map((seed) => drawnFile("0123456789abcdef", seed));
    await page.getByLabel("Import PNG files that carry settings").setInputFiles(files);
    await page.getByText(/^This device has no room.+2 pictures are only in this tab/).waitFor();
    const cards = page.locator(".card");
    expect(await cards.count()).toBe(2);
    await cards.first().click();
    expect(readSettings((await downloadPng(page)).bytes)).toMatchObject({ seed: 2 });
    await session.send("Storage.overrideQuotaForOrigin", { origin });
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await page.getByText(/only in this tab/).waitFor({ state: "detached" });
    await page.reload();
    await page.getByRole("button", { name: /Red heart/ }).waitFor({ timeout: PATIENCE });
    expect(await cards.count()).toBe(1);
    await page.context().close();
  });
});
