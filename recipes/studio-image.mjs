// node recipes/studio-image.mjs [--out docs/images/studio.png]: after npm run build. The studio with a drawn heart, as README and docs/studio.md show it.
import { chromium } from "playwright-core";
import sharp from "sharp";
import { findChromium } from "../scripts/lib/tools.mjs";
import { readFlags } from "./lib/flags.mjs";
import { startServer } from "./lib/flexvar.mjs";

const { values } = readFlags({ out: "docs/images/studio.png" });
const server = await startServer("emoji");
const browser = await chromium.launch({ executablePath: findChromium(), args: ["--no-sandbox", "--disable-gpu"] });
try {
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  await page.goto(server.url);
  await page.getByRole("searchbox", { name: "Search classes" }).fill("red heart");
  await page.keyboard.press("Enter");
  await page.getByRole("searchbox", { name: "Search classes" }).fill("");
  await page.getByRole("checkbox", { name: "A new seed" }).uncheck();
  await page.getByRole("spinbutton", { name: "Seed" }).fill("3");
  await page.getByRole("button", { name: "Draw", exact: true }).click();
  await page.getByText(/^Done in/).waitFor();
  await page.mouse.move(180, 700);
  await page.mouse.wheel(0, -2000);
  await page.waitForTimeout(300);
  await page.mouse.move(900, 450);
  await sharp(await page.screenshot())
    .png({ palette: true, effort: 10 })
    .toFile(values.out);
} finally {
  await browser.close();
  server.close();
}
