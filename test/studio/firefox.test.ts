/** The static studio in Firefox, by WebDriver BiDi: a picture drawn, one edited, a photograph exported. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type ElementHandle, launch, type Page } from "puppeteer-core";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findFirefox } from "../../scripts/lib/tools.mjs";
import { readSettings } from "../../src/image/index.ts";
import { phonePhoto } from "../support/photos.ts";
import { openStudio, type StudioSite } from "./site.ts";

const executablePath = findFirefox();
const missing = executablePath === undefined && process.env.FLEXVAR_REQUIRE_FIREFOX === undefined;
/** The first drawing opens a model on a busy machine. */
const PATIENCE = 90_000;

describe.skipIf(missing)("the static studio in Firefox", { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), "flexvar-firefox-"));
  const downloads = join(folder, "downloads");
  let site: StudioSite;
  let browser: Browser;
  let page: Page;
  const errors: string[] = [];

  beforeAll(async () => {
    site = await openStudio();
    browser = await launch({
      browser: "firefox",
      headless: true,
      ...(executablePath && { executablePath }),
      extraPrefsFirefox: {
        "browser.download.folderList": 2,
        "browser.download.dir": downloads,
        "ui.prefersReducedMotion": 1,
      },
    });
    page = await browser.newPage();
    page.setDefaultTimeout(PATIENCE);
    await page.setViewport({ width: 1280, height: 860 });
    page.on("pageerror", (error) => errors.push(String(error)));
    page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    await page.goto(site.address);
    await page.waitForFunction(() => crossOriginIsolated && document.querySelector(".class-tile") !== null);
  }, PATIENCE);

  afterAll(async () => {
    await browser?.close();
    await site?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  // Not by accessible names: Firefox computes those with a service that slows every page.
  const inPage = (selector: string, text: string) =>
    page.waitForFunction(
      (selector, text) =>
        [...document.querySelectorAll(selector)].find((one) => one.textContent.trim().startsWith(text)),
      { polling: 100 },
      selector,
      text,
    );
  const press = async (button: string): Promise<void> =>
    ((await inPage("button", button)) as ElementHandle<Element>).click();

  /** The file that a click downloads. */
  async function download(click: () => Promise<void>): Promise<{ name: string; bytes: Uint8Array }> {
    const before = existsSync(downloads) ? readdirSync(downloads) : [];
    await click();
    const fresh = () =>
      (existsSync(downloads) ? readdirSync(downloads) : []).filter(
        (one) => !before.includes(one) && !one.endsWith(".part"),
      );
    await expect
      .poll(() => fresh().some((one) => readFileSync(join(downloads, one)).length > 0), { timeout: 30_000 })
      .toBe(true);
    const name = fresh()[0]!;
    return { name, bytes: new Uint8Array(readFileSync(join(downloads, name))) };
  }

  test("draws a picture with threads, and saves it", async () => {
    await page.type("input[type=search]", "red heart");
    await page.keyboard.press("Enter");
    await press("Draw");
    await inPage(".stage *", "Done in");
    const { bytes } = await download(() => press("Download PNG"));
    expect(readSettings(bytes)).toMatchObject({ class: "red heart", num_inference_steps: 10 });
    expect(errors).toEqual([]);
  });

  /** Brushes across the middle of the canvas, once it has its size. */
  async function brush(): Promise<void> {
    await page.waitForFunction(() => (document.querySelector(".canvas canvas")?.clientWidth ?? 0) > 100);
    const { x, y, width, height } = (await (await page.waitForSelector(".canvas"))!.boundingBox())!;
    await page.mouse.move(x + width / 2 - 40, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(x + width / 2 + 40, y + height / 2, { steps: 3 });
    await page.mouse.up();
  }

  test("repaints a part of a photograph and exports it: size, profile and all other pixels are the photograph's", async () => {
    const photo = await phonePhoto(1600, 1200);
    const file = join(folder, "photo.jpg");
    writeFileSync(file, photo);
    await page.goto(`${site.address}#/edit`);
    const input = (await page.waitForSelector("main input[type=file]")) as ElementHandle<HTMLInputElement>;
    await input.uploadFile(file);
    await brush();
    await page.keyboard.down("Control");
    await page.keyboard.press("Enter");
    await page.keyboard.up("Control");
    await inPage("[role=status]", "Drag across the picture");
    await press("Go on with this");
    await page.waitForSelector(".canvas");
    const { bytes } = await download(() => press("Export"));
    const [before, after] = [await samples(photo), await samples(bytes)];
    expect(after.info).toMatchObject({ width: 1200, height: 1600 });
    expect((await sharp(bytes).metadata()).icc).toEqual((await sharp(photo).metadata()).icc);
    const quarter = before.data.length / 4;
    expect(after.data.subarray(0, quarter).equals(before.data.subarray(0, quarter))).toBe(true);
    expect(after.data.subarray(3 * quarter).equals(before.data.subarray(3 * quarter))).toBe(true);
    expect(after.data.equals(before.data)).toBe(false);
    expect(errors).toEqual([]);
  });
});

/** As the file's decoder gives them, upright, without the profile's conversion. */
const samples = (file: Uint8Array) =>
  sharp(file, { ignoreIcc: true }).autoOrient().removeAlpha().raw().toBuffer({ resolveWithObject: true });
