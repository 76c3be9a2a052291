// node recipes/studio-image.mjs [--out docs/images/studio.png]: after npm run build. The studio with a drawn heart, as README and docs/studio.md show it.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import sharp from "sharp";
import { findChromium } from "../scripts/lib/tools.mjs";

const { values } = parseArgs({ options: { out: { type: "string", default: "docs/images/studio.png" } } });
const cli = join(import.meta.dirname ?? new URL(".", import.meta.url).pathname, "..", "dist", "cli", "main.js");
const server = spawn(process.execPath, [cli, "serve", "--port", "0", "--model", "emoji"], {
  stdio: ["ignore", "ignore", "pipe"],
});
const browser = await chromium.launch({ executablePath: findChromium(), args: ["--no-sandbox", "--disable-gpu"] });
try {
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  await page.goto(await listening());
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
  server.kill("SIGKILL");
}

function listening() {
  return new Promise((started, failed) => {
    let said = "";
    server.stderr.setEncoding("utf8").on("data", (text) => {
      said += text;
      const url = /listening on (\S+)/.exec(said)?.[1];
      if (url !== undefined) started(url);
    });
    server.once("exit", () => failed(new Error(said)));
  });
}
