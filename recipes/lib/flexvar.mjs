// The built command line, run by recipes.
import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's folder. */
export const root = fileURLToPath(new URL("../../", import.meta.url));
export const cli = join(root, "dist", "cli", "main.js");

/** Runs Node on arguments, its errors shown: how it ended, and what it printed where `capture` is set. */
export const runNode = (args, { capture = false, cwd } = {}) =>
  spawnSync(process.execPath, args, {
    cwd,
    stdio: ["ignore", capture ? "pipe" : "inherit", "inherit"],
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });

/** Starts `flexvar serve` on a free port: its address, and what stops it. */
export function startServer(model) {
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
    child.once("exit", () => failed(new Error(`serve ended: ${said}`)));
  });
}
