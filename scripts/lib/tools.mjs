// Finds the programs that some tests and benchmarks need beside Node.
import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

const CHROMIUM_NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const CHROMIUM_PATHS = [
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

const FIREFOX_NAMES = ["firefox-esr", "firefox"];
const FIREFOX_PATHS = [
  "/Applications/Firefox.app/Contents/MacOS/firefox",
  "C:\\Program Files\\Mozilla Firefox\\firefox.exe",
];

/** Path of an installed Chromium or Chrome; `FLEXVAR_CHROMIUM` names one by hand. */
export function findChromium() {
  return [process.env.FLEXVAR_CHROMIUM, ...onPath(CHROMIUM_NAMES), ...CHROMIUM_PATHS].find(isExecutable);
}

/** Path of an installed Firefox; `FLEXVAR_FIREFOX` names one by hand. */
export function findFirefox() {
  return [process.env.FLEXVAR_FIREFOX, ...onPath(FIREFOX_NAMES), ...FIREFOX_PATHS].find(isExecutable);
}

/** Path of a NATS server (Debian: nats-server); `FLEXVAR_NATS_SERVER` names one by hand. */
export function findNatsServer() {
  // Debian keeps it where only administrators look.
  const folders = [...searchPath(), "/usr/sbin", "/usr/local/bin"];
  return [process.env.FLEXVAR_NATS_SERVER, ...folders.map((folder) => join(folder, "nats-server"))].find(isExecutable);
}

/** Path of a Python that has PyTorch and numpy; `FLEXVAR_PYTHON` names one by hand. */
export function findPythonTorch() {
  const candidates = [
    process.env.FLEXVAR_PYTHON,
    ...searchPath().map((folder) => join(folder, "python3")),
    "/usr/bin/python3",
  ];
  return [...new Set(candidates)].filter(isExecutable).find(hasTorch);
}

function hasTorch(python) {
  const probe = "import importlib.util as u, sys; sys.exit(not (u.find_spec('torch') and u.find_spec('numpy')))";
  return spawnSync(python, ["-c", probe], { stdio: "ignore", timeout: 30_000 }).status === 0;
}

function onPath(names) {
  return searchPath().flatMap((folder) => names.map((name) => join(folder, name)));
}

function searchPath() {
  return (process.env.PATH ?? "").split(delimiter).filter(Boolean);
}

function isExecutable(path) {
  if (!path) return false;
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
