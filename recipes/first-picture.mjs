// node recipes/first-picture.mjs [MODEL] [--times 5]: after npm run build. What a person at the studio waits for: milliseconds from the click on
// Draw to the first scale and to the finished picture, in headless Chromium, with the server and with the static site (Wasm). "first": the drawing that opens the model; "next": the median of those after it.
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import { findChromium } from "../scripts/lib/tools.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { times: { type: "string", default: "5" } },
});
const [model = "emoji"] = positionals;
const cli = join(import.meta.dirname ?? new URL(".", import.meta.url).pathname, "..", "dist", "cli", "main.js");
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css" };

const flags = ["--no-sandbox", "--disable-gpu"];
const browser = await chromium.launch({ executablePath: findChromium(), args: flags });
const report = {};
try {
  const server = await served();
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
  await page.goto(url);
  const draw = page.getByRole("button", { name: "Draw", exact: true });
  await draw.waitFor();
  const runs = [];
  for (let run = 0; run <= Number(values.times); run++) runs.push(await draw.evaluate(clicked));
  const said = await page.getByRole("button", { name: /^Model/ }).innerText();
  await page.close();
  const median = (name) =>
    runs
      .slice(1)
      .map((one) => one[name])
      .sort((a, b) => a - b)[Math.floor((runs.length - 1) / 2)];
  return {
    model: said.replaceAll(/\s+/g, " "),
    first: runs[0],
    next: { scale: median("scale"), picture: median("picture") },
  };
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

function served() {
  const child = spawn(process.execPath, [cli, "serve", "--port", "0", "--model", model], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  return new Promise((started, failed) => {
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text) => {
      said += text;
      const url = /listening on (\S+)/.exec(said)?.[1];
      if (url !== undefined) started({ url, close: () => child.kill("SIGKILL") });
    });
    child.once("exit", () => failed(new Error(said)));
  });
}

/** The static site on a host that sets no headers. */
async function hosted() {
  const folder = await mkdtemp(join(tmpdir(), "flexvar-site-"));
  const made = spawn(process.execPath, [cli, "site", "--out", join(folder, "site"), "--model", model, "--quiet"], {
    stdio: "inherit",
  });
  const code = await new Promise((ended) => made.once("exit", ended));
  if (code !== 0) throw new Error(`site: expected it to end well, got ${code}`);
  const server = createServer(async ({ url }, response) => {
    const path = decodeURIComponent(new URL(url, "http://host").pathname);
    const body = await readFile(join(folder, "site", path === "/" ? "index.html" : path)).catch(() => undefined);
    response.writeHead(body === undefined ? 404 : 200, {
      "Content-Type":
        TYPES[extname(path === "/" ? ".html" : path)] ??
        (path === "/" ? "text/html" : path.endsWith(".wasm") ? "application/wasm" : "application/octet-stream"),
    });
    response.end(body);
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
