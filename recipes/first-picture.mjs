// node recipes/first-picture.mjs [MODEL] [--times 5]: after npm run build. What a person at the studio waits for: milliseconds from the click on
// Draw to the first scale and to the finished picture, in headless Chromium, with the server and with the static site (Wasm). "first": the drawing that opens the model; "next": the median of those after it.
// "visit": from the address to the first paint and to a Draw button that answers, on a first visit (which a static site without headers loads
// twice) and on later ones (the median).
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { preview } from "vite";
import { findChromium } from "../scripts/lib/tools.mjs";
import { readFlags } from "./lib/flags.mjs";
import { cli, runNode, startServer } from "./lib/flexvar.mjs";
import { median } from "./lib/numbers.mjs";

const { values, positionals } = readFlags({ times: "5" }, { allowPositionals: true });
const [model = "emoji"] = positionals;
const browser = await chromium.launch({ executablePath: findChromium(), args: ["--no-sandbox", "--disable-gpu"] });
const report = {};
try {
  const server = await startServer(model);
  report.server = await timed(server.url);
  server.close();
  const site = await hosted();
  report.static = await timed(site.url);
  await site.close();
} finally {
  await browser.close();
}
console.log(JSON.stringify({ model, ...report }, null, 2));

/** Draws 1 + times pictures on a fresh page. */
async function timed(url) {
  const page = await browser.newPage();
  const visits = [];
  for (let visit = 0; visit <= Number(values.times); visit++) visits.push(await visited(page, url));
  const draw = page.getByRole("button", { name: "Draw", exact: true });
  const runs = [];
  for (let run = 0; run <= Number(values.times); run++) runs.push(await draw.evaluate(clicked));
  const said = await page.getByRole("button", { name: /^Model/ }).innerText();
  await page.close();
  return {
    model: said.replaceAll(/\s+/g, " "),
    visit: firstAndNext(visits, ["paint", "interactive"]),
    ...firstAndNext(runs, ["scale", "picture"]),
  };
}

function firstAndNext([first, ...later], names) {
  return { first, next: Object.fromEntries(names.map((name) => [name, median(later.map((one) => one[name]))])) };
}

/** Opens the address in a page. */
async function visited(page, url) {
  await page.goto("about:blank");
  const began = performance.now();
  await page.goto(url, { waitUntil: "commit" });
  await page.locator("#root > *").first().waitFor();
  const paint = Math.round(performance.now() - began);
  await page.locator(".panel button[type=submit]:enabled").waitFor();
  return { paint, interactive: Math.round(performance.now() - began) };
}

/** In the page: clicks Draw and waits until the film strip is whole and the page says so. */
function clicked(button) {
  const frames = () => document.querySelectorAll(".film button.film-frame").length;
  const began = performance.now();
  button.click();
  return new Promise((resolve) => {
    let cleared = frames() === 0;
    let scale;
    const timer = setInterval(() => {
      if (frames() === 0) cleared = true;
      if (cleared && scale === undefined && frames() > 0) scale = Math.round(performance.now() - began);
      if (scale === undefined || !/(Done|\d+ pictures) in/.test(document.body.innerText)) return;
      clearInterval(timer);
      resolve({ scale, picture: Math.round(performance.now() - began) });
    }, 2);
  });
}

/** The static site on a host that sets no headers. */
async function hosted() {
  const folder = await mkdtemp(join(tmpdir(), "flexvar-site-"));
  const { status } = runNode([cli, "site", "--out", join(folder, "site"), "--model", model, "--quiet"]);
  if (status !== 0) throw new Error(`site: expected it to end well, got ${status}`);
  const host = await preview({
    root: folder,
    configFile: false,
    logLevel: "silent",
    build: { outDir: "site" },
    preview: { host: "127.0.0.1", port: 0 },
  });
  return {
    url: host.resolvedUrls.local[0],
    close: async () => {
      await host.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
